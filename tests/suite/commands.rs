//! The grammar of commands, there and back: whatever a client may write is read, written down again by a printer of our
//! own, and read as the same.

use std::fmt::Write;

use hopthu::imap::syntax::{
    Algorithm, Answer, AppendData, AppendMessage, Assembler, CatPart, ChangedSince, Command, Comparison, Counted,
    DateTest, Dialect, Direction, Edge, Expunged, Fetch, FetchItem, Flag, FlagChange, KeptKey, ListForm, ListReturn,
    ListSelection, Messages, Next, Numbers, Octets, Page, Partial, Patience, QResync, Rfc822, RightsChange, Search,
    SearchField, SearchKey, SearchReturn, Section, SectionText, Seen, Select, SelectParameter, SequenceSet, SortKey,
    Source, SpecialUse, StatusItem, parse,
};
use hopthu::spool::Contents;
use proptest::prelude::*;

/// Reads one command, with its literals.
fn read(text: &str) -> Result<Command, String> {
    let mut assembler = Assembler::default();
    let mut rest = format!("a {text}\r\n").into_bytes();
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n").ok_or("no line")?;
        let line: Vec<u8> = rest.drain(..end + 2).collect();
        match assembler.line(&line[..end], 1000) {
            Next::Command(input) => {
                return parse(input, Dialect::Utf8).map(|t| t.command).map_err(|f| f.error.to_string());
            }
            Next::Literal(awaited) => assembler.literal(Contents::Here(rest.drain(..awaited.size).collect())),
            other => return Err(format!("{other:?}")),
        }
    }
}

/// A command as a client would write it.
fn print(command: &Command) -> String {
    match command {
        Command::Id(fields) if fields.is_empty() => "ID NIL".into(),
        Command::Id(fields) => format!(
            "ID {}",
            list(fields, |(name, value)| {
                format!("{} {}", string(name), value.as_ref().map_or("NIL".into(), |value| string(value)))
            })
        ),
        Command::Authenticate(auth) => {
            let initial = auth.initial.as_ref().map(|i| if i.0.is_empty() { " =".into() } else { format!(" {}", i.0) });
            format!("AUTHENTICATE {}{}", auth.mechanism, initial.unwrap_or_default())
        }
        Command::Login(login) => format!("LOGIN {} {}", string(&login.name), string(&login.password.0)),
        Command::Enable(names) => format!("ENABLE {}", names.join(" ")),
        Command::Select(select) => format!("SELECT {}", selected(select)),
        Command::Examine(select) => format!("EXAMINE {}", selected(select)),
        Command::Create(create) if create.uses.is_empty() => format!("CREATE {}", string(create.mailbox.as_str())),
        Command::Create(create) => {
            format!(
                "CREATE {} (USE {})",
                string(create.mailbox.as_str()),
                list(&create.uses, |u| special_use(*u).into())
            )
        }
        Command::Delete(name) => format!("DELETE {}", string(name.as_str())),
        Command::Rename(rename) => format!("RENAME {} {}", string(rename.from.as_str()), string(rename.to.as_str())),
        Command::Subscribe(name) => format!("SUBSCRIBE {}", string(name.as_str())),
        Command::Lsub(lsub) => format!("LSUB {} {}", string(&lsub.reference), string(&lsub.pattern)),
        Command::List(command) if command.form == ListForm::Basic => {
            format!("LIST {} {}", string(&command.reference), string(&command.patterns[0]))
        }
        Command::List(command) => {
            let selection = list(&command.selection, |option| selection(*option).into());
            let patterns = list(&command.patterns, |pattern| string(pattern));
            let returns = list(&command.returns, list_return);
            format!("LIST {selection} {} {patterns} RETURN {returns}", string(&command.reference))
        }
        Command::Status(status) => {
            format!(
                "STATUS {} {}",
                string(status.mailbox.as_str()),
                list(&status.items, |item| status_item(*item).into())
            )
        }
        Command::Append(append) => {
            let mut text = format!("APPEND {}", string(append.mailbox.as_str()));
            for each in &append.messages {
                write!(text, " {}", message(each)).unwrap();
            }
            text
        }
        Command::Replace(replace) => {
            let (numbers, mailbox) = (uid(replace.numbers), string(replace.mailbox.as_str()));
            // One number: the set repeats it.
            let old = set(&replace.message);
            let old = old.split(':').next().unwrap();
            format!("{numbers}REPLACE {old} {mailbox} {}", message(&replace.by))
        }
        Command::Expunge(Some(messages)) => format!("UID EXPUNGE {}", set(messages)),
        Command::Search(search) => format!("{}SEARCH {}{}", uid(search.numbers), returns(search), key(&search.key)),
        Command::Sort(sort) => {
            let criteria = list(&sort.criteria, |criterion| {
                let reverse = if criterion.direction == Direction::Falling { "REVERSE " } else { "" };
                format!("{reverse}{}", sort_key(criterion.key))
            });
            let Search { numbers, .. } = sort.search;
            format!("{}SORT {}{criteria} UTF-8 {}", uid(numbers), returns(&sort.search), key(&sort.search.key))
        }
        Command::Thread(thread) => {
            let algorithm = match thread.algorithm {
                Algorithm::OrderedSubject => "ORDEREDSUBJECT",
                Algorithm::References => "REFERENCES",
            };
            format!("{}THREAD {algorithm} UTF-8 {}", uid(thread.search.numbers), key(&thread.search.key))
        }
        Command::MultiSearch(multi) => {
            format!("ESEARCH IN {} {}{}", list(&multi.sources, source), returns(&multi.search), key(&multi.search.key))
        }
        Command::Fetch(fetch) => {
            let items = list(&fetch.items, item);
            format!("{}FETCH {} {items}{}", uid(fetch.numbers), set(&fetch.messages), modifiers(fetch))
        }
        Command::Store(store) => {
            let change = match store.change {
                FlagChange::Replace => "",
                FlagChange::Add => "+",
                FlagChange::Remove => "-",
            };
            let silent = if store.answer == Answer::Silent { ".SILENT" } else { "" };
            let since = store.unchanged_since.map(|since| format!("(UNCHANGEDSINCE {since}) ")).unwrap_or_default();
            let flags = list(&store.flags, flag);
            format!("{}STORE {} {since}{change}FLAGS{silent} {flags}", uid(store.numbers), set(&store.messages))
        }
        Command::Copy(copy) => {
            format!("{}COPY {} {}", uid(copy.numbers), set(&copy.messages), string(copy.mailbox.as_str()))
        }
        Command::Move(copy) => {
            format!("{}MOVE {} {}", uid(copy.numbers), set(&copy.messages), string(copy.mailbox.as_str()))
        }
        Command::SetAcl(acl) => {
            let change = match acl.change {
                RightsChange::Replace => "",
                RightsChange::Add => "+",
                RightsChange::Remove => "-",
            };
            let rights = string(&format!("{change}{}", acl.rights));
            format!("SETACL {} {} {rights}", string(acl.mailbox.as_str()), string(&acl.identifier))
        }
        Command::DeleteAcl(acl) => format!("DELETEACL {} {}", string(acl.mailbox.as_str()), string(&acl.identifier)),
        Command::GetAcl(name) => format!("GETACL {}", string(name.as_str())),
        Command::GetQuota(root) => format!("GETQUOTA {}", string(root)),
        Command::SetQuota(quota) => {
            format!(
                "SETQUOTA {} {}",
                string(&quota.root),
                list(&quota.limits, |(name, limit)| format!("{name} {limit}"))
            )
        }
        other => panic!("{other:?} is not printed"),
    }
}

fn message(message: &AppendMessage) -> String {
    let date = message.date.map(|d| format!(" \"{}\"", d.strftime("%d-%b-%Y %H:%M:%S +0000")));
    let octets = match &message.data {
        AppendData::Literal(Octets::Text, contents) => literal(contents),
        AppendData::Literal(Octets::Binary, contents) => format!("~{}", literal(contents)),
        AppendData::Catenate(parts) => {
            let part = |part: &CatPart| match part {
                CatPart::Text(text) => format!("TEXT {}", literal(text)),
                CatPart::Url(url) => format!("URL {}", string(url)),
            };
            format!("CATENATE {}", list(parts, part))
        }
    };
    format!("{}{} {octets}", list(&message.flags, flag), date.unwrap_or_default())
}

fn literal(contents: &Contents) -> String {
    let mut octets = Vec::new();
    contents.read(0..contents.len(), &mut octets).unwrap();
    format!("{{{}+}}\r\n{}", octets.len(), String::from_utf8(octets).unwrap())
}

fn list<T>(items: &[T], one: impl Fn(&T) -> String) -> String {
    format!("({})", items.iter().map(one).collect::<Vec<_>>().join(" "))
}

fn string(text: &str) -> String {
    if text.contains(['\r', '\n']) || !text.is_ascii() {
        return format!("{{{}+}}\r\n{text}", text.len());
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn uid(numbers: Numbers) -> &'static str {
    match numbers {
        Numbers::Sequence => "",
        Numbers::Uid => "UID ",
    }
}

fn set(messages: &Messages) -> String {
    match messages {
        Messages::Saved => "$".into(),
        Messages::Set(set) => sequence(set),
    }
}

fn sequence(set: &SequenceSet) -> String {
    let edge = |edge: Edge| match edge {
        Edge::Number(number) => number.to_string(),
        Edge::Last => "*".into(),
    };
    set.ranges().iter().map(|(one, other)| format!("{}:{}", edge(*one), edge(*other))).collect::<Vec<_>>().join(",")
}

fn selected(select: &Select) -> String {
    let parameter = |parameter: &SelectParameter| match parameter {
        SelectParameter::CondStore => "CONDSTORE".into(),
        SelectParameter::QResync(QResync { uid_validity, mod_seq, known, matched }) => {
            let known = known.as_ref().map(|known| format!(" {}", sequence(known))).unwrap_or_default();
            let matched = matched.as_ref().map(|(n, u)| format!(" ({} {})", sequence(n), sequence(u)));
            format!("QRESYNC ({uid_validity} {mod_seq}{known}{})", matched.unwrap_or_default())
        }
    };
    let parameters = if select.parameters.is_empty() { String::new() } else { list(&select.parameters, parameter) };
    format!("{} {parameters}", string(select.mailbox.as_str())).trim_end().into()
}

fn special_use(of: SpecialUse) -> &'static str {
    match of {
        SpecialUse::All => "\\All",
        SpecialUse::Archive => "\\Archive",
        SpecialUse::Drafts => "\\Drafts",
        SpecialUse::Flagged => "\\Flagged",
        SpecialUse::Junk => "\\Junk",
        SpecialUse::Sent => "\\Sent",
        SpecialUse::Trash => "\\Trash",
    }
}

fn selection(option: ListSelection) -> &'static str {
    match option {
        ListSelection::Subscribed => "SUBSCRIBED",
        ListSelection::Remote => "REMOTE",
        ListSelection::RecursiveMatch => "RECURSIVEMATCH",
        ListSelection::SpecialUse => "SPECIAL-USE",
    }
}

fn list_return(option: &ListReturn) -> String {
    match option {
        ListReturn::Subscribed => "SUBSCRIBED".into(),
        ListReturn::Children => "CHILDREN".into(),
        ListReturn::SpecialUse => "SPECIAL-USE".into(),
        ListReturn::Status(items) => format!("STATUS {}", list(items, |item| status_item(*item).into())),
        ListReturn::MyRights => "MYRIGHTS".into(),
        ListReturn::Metadata(asked) => {
            format!("METADATA {}", list(&asked.entries, |entry| format!("{}{}", entry.audience.prefix(), entry.path)))
        }
    }
}

fn status_item(item: StatusItem) -> &'static str {
    match item {
        StatusItem::Messages => "MESSAGES",
        StatusItem::Recent => "RECENT",
        StatusItem::UidNext => "UIDNEXT",
        StatusItem::UidValidity => "UIDVALIDITY",
        StatusItem::Unseen => "UNSEEN",
        StatusItem::Size => "SIZE",
        StatusItem::Deleted => "DELETED",
        StatusItem::DeletedStorage => "DELETED-STORAGE",
        StatusItem::HighestModSeq => "HIGHESTMODSEQ",
        StatusItem::AppendLimit => "APPENDLIMIT",
        StatusItem::MailboxId => "MAILBOXID",
    }
}

fn flag(flag: &Flag) -> String {
    match flag {
        Flag::Answered => "\\Answered".into(),
        Flag::Flagged => "\\Flagged".into(),
        Flag::Deleted => "\\Deleted".into(),
        Flag::Seen => "\\Seen".into(),
        Flag::Draft => "\\Draft".into(),
        Flag::Keyword(name) => name.clone(),
    }
}

fn returns(search: &Search) -> String {
    let option = |option: &SearchReturn| match option {
        SearchReturn::Min => "MIN".into(),
        SearchReturn::Max => "MAX".into(),
        SearchReturn::All => "ALL".into(),
        SearchReturn::Count => "COUNT".into(),
        SearchReturn::Save => "SAVE".into(),
        SearchReturn::Relevancy => "RELEVANCY".into(),
        SearchReturn::Partial(of) => format!("PARTIAL {}", page(*of)),
    };
    search.returns.as_ref().map(|returns| format!("RETURN {} ", list(returns, option))).unwrap_or_default()
}

fn page(Page { counted, one, other }: Page) -> String {
    match counted {
        Counted::FromFirst => format!("{one}:{other}"),
        Counted::FromLast => format!("-{one}:-{other}"),
    }
}

fn key(of: &SearchKey) -> String {
    let field = |field: SearchField| match field {
        SearchField::Bcc => "BCC",
        SearchField::Cc => "CC",
        SearchField::From => "FROM",
        SearchField::Subject => "SUBJECT",
        SearchField::To => "TO",
    };
    let when = |when: DateTest| match when {
        DateTest::Before => "BEFORE",
        DateTest::On => "ON",
        DateTest::Since => "SINCE",
    };
    match of {
        SearchKey::All => "ALL".into(),
        SearchKey::And(keys) => list(keys, key),
        SearchKey::Or(keys) => format!("OR {} {}", key(&keys.0), key(&keys.1)),
        SearchKey::Not(inner) => format!("NOT {}", key(inner)),
        SearchKey::Fuzzy(inner) => format!("FUZZY {}", key(inner)),
        SearchKey::Kept(KeptKey::Email(id)) => format!("EMAILID {id}"),
        SearchKey::Kept(KeptKey::Thread(id)) => format!("THREADID {id}"),
        SearchKey::Kept(KeptKey::Saved(how, date)) => format!("SAVED{} {}", when(*how), date.strftime("%-d-%b-%Y")),
        SearchKey::Sequence(messages) => set(messages),
        SearchKey::Uid(messages) => format!("UID {}", set(messages)),
        SearchKey::Flag(Flag::Keyword(name)) => format!("KEYWORD {name}"),
        SearchKey::Flag(system) => flag(system)[1..].to_uppercase(),
        SearchKey::Recent => "RECENT".into(),
        SearchKey::Field(name, text) => format!("{} {}", field(*name), string(text)),
        SearchKey::Header(name, text) => format!("HEADER {} {}", string(name), string(text)),
        SearchKey::Body(text) => format!("BODY {}", string(text)),
        SearchKey::Text(text) => format!("TEXT {}", string(text)),
        SearchKey::Received(how, date) => format!("{} {}", when(*how), date.strftime("%-d-%b-%Y")),
        SearchKey::Sent(how, date) => format!("SENT{} {}", when(*how), date.strftime("%-d-%b-%Y")),
        SearchKey::Size(Comparison::Greater, octets) => format!("LARGER {octets}"),
        SearchKey::Size(Comparison::Less, octets) => format!("SMALLER {octets}"),
        SearchKey::Age(Comparison::Greater, seconds) => format!("OLDER {seconds}"),
        SearchKey::Age(Comparison::Less, seconds) => format!("YOUNGER {seconds}"),
        SearchKey::ModSeq(mod_seq) => format!("MODSEQ {mod_seq}"),
    }
}

fn sort_key(key: SortKey) -> &'static str {
    match key {
        SortKey::Arrival => "ARRIVAL",
        SortKey::Cc => "CC",
        SortKey::Date => "DATE",
        SortKey::DisplayFrom => "DISPLAYFROM",
        SortKey::DisplayTo => "DISPLAYTO",
        SortKey::From => "FROM",
        SortKey::Relevancy => "RELEVANCY",
        SortKey::Size => "SIZE",
        SortKey::Subject => "SUBJECT",
        SortKey::To => "TO",
    }
}

fn source(source: &Source) -> String {
    match source {
        Source::Selected => "selected".into(),
        Source::Inboxes => "inboxes".into(),
        Source::Personal => "personal".into(),
        Source::Subscribed => "subscribed".into(),
        Source::Mailbox(name) => format!("mailboxes {}", string(name.as_str())),
        Source::Subtree(name) => format!("subtree {}", string(name.as_str())),
        Source::SubtreeOne(name) => format!("subtree-one {}", string(name.as_str())),
    }
}

fn item(item: &FetchItem) -> String {
    let peek = |seen: Seen| if seen == Seen::Keep { ".PEEK" } else { "" };
    let part = |path: &[u32]| path.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
    let cut = |partial: &Option<Partial>| partial.map(|p| format!("<{}.{}>", p.offset, p.length)).unwrap_or_default();
    match item {
        FetchItem::Uid => "UID".into(),
        FetchItem::Flags => "FLAGS".into(),
        FetchItem::InternalDate => "INTERNALDATE".into(),
        FetchItem::Rfc822Size => "RFC822.SIZE".into(),
        FetchItem::Envelope => "ENVELOPE".into(),
        FetchItem::Body => "BODY".into(),
        FetchItem::BodyStructure => "BODYSTRUCTURE".into(),
        FetchItem::ModSeq => "MODSEQ".into(),
        FetchItem::EmailId => "EMAILID".into(),
        FetchItem::ThreadId => "THREADID".into(),
        FetchItem::SaveDate => "SAVEDATE".into(),
        FetchItem::Preview(Patience::Waits) => "PREVIEW".into(),
        FetchItem::Preview(Patience::Lazy) => "PREVIEW (LAZY)".into(),
        FetchItem::Rfc822(Rfc822::Message) => "RFC822".into(),
        FetchItem::Rfc822(Rfc822::Header) => "RFC822.HEADER".into(),
        FetchItem::Rfc822(Rfc822::Text) => "RFC822.TEXT".into(),
        FetchItem::Section { section: Section { path, text }, partial, seen } => {
            let text = match text {
                SectionText::Whole => String::new(),
                SectionText::Header => "HEADER".into(),
                SectionText::Text => "TEXT".into(),
                SectionText::Mime => "MIME".into(),
                SectionText::Fields(fields) => format!("HEADER.FIELDS {}", list(&fields.0, |field| string(field))),
                SectionText::FieldsNot(fields) => {
                    format!("HEADER.FIELDS.NOT {}", list(&fields.0, |field| string(field)))
                }
            };
            let dot = if path.is_empty() || text.is_empty() { "" } else { "." };
            format!("BODY{}[{}{dot}{text}]{}", peek(*seen), part(path), cut(partial))
        }
        FetchItem::Binary { path, partial, seen } => format!("BINARY{}[{}]{}", peek(*seen), part(path), cut(partial)),
        FetchItem::BinarySize(path) => format!("BINARY.SIZE[{}]", part(path)),
    }
}

fn modifiers(fetch: &Fetch) -> String {
    let since = fetch.changed_since.map(|ChangedSince { mod_seq, expunged }| {
        let vanished = if expunged == Expunged::Tell { " VANISHED" } else { "" };
        format!("CHANGEDSINCE {mod_seq}{vanished}")
    });
    let modifiers: Vec<_> = since.into_iter().chain(fetch.page.map(|of| format!("PARTIAL {}", page(of)))).collect();
    if modifiers.is_empty() { String::new() } else { format!(" ({})", modifiers.join(" ")) }
}

/// One of these texts.
fn word(words: &'static [&'static str]) -> impl Strategy<Value = String> + Clone {
    proptest::sample::select(words).prop_map(str::to_owned)
}

/// Several with a space between them.
fn spaced(one: impl Strategy<Value = String>, count: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    proptest::collection::vec(one, count).prop_map(|all| all.join(" "))
}

fn within(one: impl Strategy<Value = String>, count: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    spaced(one, count).prop_map(|inner| format!("({inner})"))
}

fn maybe(text: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    proptest::option::of(text).prop_map(Option::unwrap_or_default)
}

/// Text in each of its forms.
fn astring() -> impl Strategy<Value = String> + Clone {
    prop_oneof![
        "[A-Za-z0-9.$&-]{1,8}",
        "[ -!#-\\[\\]-~đôƠ]{0,8}".prop_map(|text| format!("\"{text}\"")),
        word(&["\"a\\\\b\\\"c\"", "\"\""]),
        "[a-zđ(\"*\r\n]{0,8}".prop_map(|text| format!("{{{}}}\r\n{text}", text.len())),
        "[a-zđ ]{0,8}".prop_map(|text| format!("{{{}+}}\r\n{text}", text.len())),
    ]
}

fn mailbox() -> impl Strategy<Value = String> + Clone {
    word(&["INBOX", "inbox/Con", "\"Công việc\"", "{8+}\r\nÁn phí", "a]b", "\"a b\""])
}

fn messages() -> impl Strategy<Value = String> + Clone {
    prop_oneof![Just("$".to_owned()), "([1-9][0-9]{0,8}|\\*)(:([1-9]|\\*))?(,[1-9][0-9]{0,3}(:\\*)?){0,3}"]
}

fn keys() -> impl Strategy<Value = String> + Clone {
    let date = word(&["1-Feb-1994", "\"31-DEC-2026\"", "05-nov-2026"]);
    let leaf = prop_oneof![
        word(&[
            "ALL",
            "NEW",
            "OLD",
            "RECENT",
            "SEEN",
            "unseen",
            "UNDELETED",
            "DRAFT",
            "ANSWERED",
            "flagged",
            "KEYWORD $x"
        ]),
        (word(&["BCC", "cc", "FROM", "SUBJECT", "TO", "BODY", "text"]), astring())
            .prop_map(|(k, t)| format!("{k} {t}")),
        (astring(), astring()).prop_map(|(name, text)| format!("HEADER {name} {text}")),
        (word(&["BEFORE", "ON", "SINCE", "SENTBEFORE", "SENTON", "sentsince"]), date)
            .prop_map(|(k, d)| format!("{k} {d}")),
        "(LARGER|SMALLER|OLDER|YOUNGER|MODSEQ) [1-9][0-9]{0,8}",
        Just("MODSEQ \"/flags/\\\\draft\" all 62".to_owned()),
        messages(),
        messages().prop_map(|set| format!("UID {set}")),
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|key| format!("NOT {key}")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("OR {one} {other}")),
            proptest::collection::vec(inner, 1..4).prop_map(|keys| format!("({})", keys.join(" "))),
        ]
    })
}

/// `RETURN (…) `, or nothing.
fn options() -> impl Strategy<Value = String> {
    let which = maybe(word(&["ALL", "PARTIAL 1:500", "partial -1:-3", "PARTIAL 9:2"]));
    let others = proptest::sample::subsequence(vec!["MIN", "max", "COUNT", "MIN"], 0..4);
    maybe((others, which).prop_map(|(others, which)| {
        let all: Vec<_> = others.into_iter().chain(Some(which.as_str()).filter(|which| !which.is_empty())).collect();
        format!("RETURN ({}) ", all.join(" "))
    }))
}

fn items() -> impl Strategy<Value = String> {
    let section = word(&[
        "",
        "TEXT",
        "1",
        "1.2.MIME",
        "3.HEADER",
        "header",
        "HEADER.FIELDS (Subject {2}\r\nTo)",
        "2.HEADER.FIELDS.NOT (\"a b\")",
    ]);
    let body = (word(&["BODY", "BODY.PEEK"]), section, maybe(word(&["<0.1>", "<7.4294967296>"])));
    let binary = (word(&["BINARY", "binary.peek"]), word(&["", "1", "1.2"]), maybe(word(&["<0.9>"])));
    let item = prop_oneof![
        word(&[
            "UID",
            "FLAGS",
            "INTERNALDATE",
            "RFC822.SIZE",
            "ENVELOPE",
            "BODY",
            "BODYSTRUCTURE",
            "MODSEQ",
            "RFC822.TEXT"
        ]),
        prop_oneof![body.boxed(), binary.boxed()]
            .prop_map(|(name, section, partial)| format!("{name}[{section}]{partial}")),
        Just("BINARY.SIZE[1.1]".to_owned()),
    ];
    prop_oneof![word(&["FAST", "ALL", "full", "FLAGS", "BODY[]"]), within(item, 1..4)]
}

fn flags() -> impl Strategy<Value = String> {
    within(word(&["\\Seen", "\\deleted", "\\Flagged", "$Viec", "x"]), 0..4)
}

/// Commands as clients write them.
fn commands() -> impl Strategy<Value = String> {
    let uid = || word(&["", "UID "]);
    let join = |parts: (String, String, String, String)| [parts.0, parts.1, parts.2, parts.3].concat();
    let fetch_modifiers = maybe(word(&[" (CHANGEDSINCE 12)", " (changedsince 1 PARTIAL -1:-9)"]));
    let by_uid = word(&[" (PARTIAL 1:9)", " (VANISHED CHANGEDSINCE 7)", " (PARTIAL 3:1 CHANGEDSINCE 7 VANISHED)"]);
    let source = prop_oneof![
        word(&["selected", "personal", "INBOXES", "subscribed"]),
        (word(&["mailboxes", "subtree", "Subtree-One"]), mailbox()).prop_map(|(kind, name)| format!("{kind} {name}")),
        (word(&["mailboxes", "subtree"]), within(mailbox(), 1..4)).prop_map(|(kind, names)| format!("{kind} {names}")),
    ];
    let criterion = (
        word(&["", "REVERSE "]),
        word(&["ARRIVAL", "CC", "date", "FROM", "SIZE", "SUBJECT", "TO", "DISPLAYFROM", "DisplayTo"]),
    );
    let sources = maybe(within(source, 1..4).prop_map(|sources| format!("IN {sources} ")));
    let status = || within(word(&["MESSAGES", "uidnext", "UNSEEN", "SIZE", "HIGHESTMODSEQ", "MAILBOXID"]), 1..4);
    let list_return = prop_oneof![
        word(&["SUBSCRIBED", "children", "SPECIAL-USE", "MYRIGHTS"]),
        status().prop_map(|s| format!("STATUS {s}"))
    ];
    let appended = (
        maybe(flags().prop_map(|f| format!(" {f}"))),
        word(&["", " \" 7-Nov-2026 08:00:00 +0700\""]),
        word(&[
            " {3}\r\na\r\n",
            " ~{2+}\r\nđ",
            " {0}\r\n",
            " catenate (URL \"/INBOX;UID=1/;SECTION=1\" text {2+}\r\nđ)",
            " CATENATE (URL {6}\r\n;UID=4)",
        ]),
    );
    let appended = appended.prop_map(|(flags, date, body)| [flags, date, body].concat()).boxed();
    prop_oneof![
        (astring(), astring()).prop_map(|(name, password)| format!("LOGIN {name} {password}")),
        word(&[
            "ID NIL",
            "ID ()",
            "ID (\"name\" \"x\" \"os\" NIL)",
            "ENABLE CondStore UTF8=ACCEPT",
            "AUTHENTICATE plain",
            "AUTHENTICATE PLAIN =",
            "AUTHENTICATE PLAIN AGEAYg==",
            "GETQUOTA \"\"",
            "SETQUOTA \"\" (STORAGE 512 message 9)",
            "UID EXPUNGE $"
        ]),
        (
            word(&["SELECT ", "examine "]),
            mailbox(),
            maybe(word(&[" (CONDSTORE)", " (QRESYNC (7 9 1:5,7 (1,3 5,9)) CONDSTORE)", " (qresync (7 9))"]))
        )
            .prop_map(|(c, m, p)| [c, m, p].concat()),
        (mailbox(), maybe(word(&[" (USE ())", " (use (\\Sent \\junk))"])))
            .prop_map(|(name, uses)| format!("CREATE {name}{uses}")),
        (word(&["DELETE", "SUBSCRIBE", "GETACL"]), mailbox()).prop_map(|(command, name)| format!("{command} {name}")),
        (word(&["RENAME", "LSUB"]), mailbox(), mailbox())
            .prop_map(|(command, one, other)| format!("{command} {one} {other}")),
        (
            maybe(word(&["() ", "(SUBSCRIBED RECURSIVEMATCH) ", "(remote SPECIAL-USE) "])),
            mailbox(),
            prop_oneof![word(&["*", "\"%/x\""]), within(mailbox(), 1..3)],
            maybe(within(list_return, 0..3).prop_map(|r| format!(" RETURN {r}")))
        )
            .prop_map(|(s, r, p, o)| format!("LIST {s}{r} {p}{o}")),
        (mailbox(), status()).prop_map(|(name, items)| format!("STATUS {name} {items}")),
        (mailbox(), proptest::collection::vec(appended.clone(), 1..3))
            .prop_map(|(name, all)| { format!("APPEND {name}{}", all.concat()) }),
        (word(&["REPLACE *", "replace 4", "UID REPLACE 9"]), mailbox(), appended)
            .prop_map(|(command, name, by)| format!("{command} {name}{by}")),
        (uid(), options(), maybe(word(&["CHARSET UTF-8 ", "charset \"us-ascii\" "])), spaced(keys(), 1..4)).prop_map(
            |(u, o, c, k)| {
                let utf8 = if k.is_ascii() { c } else { String::new() };
                format!("{u}SEARCH {o}{utf8}{k}")
            }
        ),
        (uid(), options(), within(criterion.prop_map(|(r, k)| r + &k), 1..4), spaced(keys(), 1..3))
            .prop_map(|(u, o, c, k)| format!("{u}SORT {o}{c} UTF-8 {k}")),
        (uid(), word(&["REFERENCES", "orderedsubject"]), spaced(keys(), 1..3))
            .prop_map(|(u, a, k)| format!("{u}THREAD {a} utf-8 {k}")),
        (sources, options(), spaced(keys(), 1..3)).prop_map(|(s, o, k)| format!("ESEARCH {s}{o}{k}")),
        (uid().prop_map(|u| u + "FETCH "), messages(), items().prop_map(|i| format!(" {i}")), fetch_modifiers)
            .prop_filter_map("by UID", move |parts| {
                (parts.0.starts_with("UID") || !parts.3.contains("PARTIAL")).then(|| join(parts))
            }),
        (messages(), items(), by_uid).prop_map(|(set, items, modifiers)| format!("UID FETCH {set} {items}{modifiers}")),
        (
            uid(),
            messages(),
            word(&["", "(UNCHANGEDSINCE 0) "]),
            word(&["FLAGS ", "+FLAGS ", "-flags.silent "]),
            flags()
        )
            .prop_map(|(u, s, c, n, f)| format!("{u}STORE {s} {c}{n}{f}")),
        (uid(), word(&["COPY ", "MOVE "]), messages(), mailbox()).prop_map(|(u, c, s, m)| format!("{u}{c}{s} {m}")),
        (mailbox(), astring(), word(&["lrs", "+x", "-te", "\"\""])).prop_map(|(m, i, r)| format!("SETACL {m} {i} {r}")),
        (mailbox(), astring()).prop_map(|(m, i)| format!("DELETEACL {m} {i}")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_a_client_writes_is_read_the_same_again(text in commands()) {
        let command = read(&text).map_err(|why| TestCaseError::fail(format!("{why}: {text}")))?;
        let printed = print(&command);
        prop_assert_eq!(read(&printed), Ok(command), "{} became {}", text, printed);
    }
}
