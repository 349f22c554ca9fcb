//! `province …`: what the province's Centre is told of our addresses at its domain, and what it answered (R4, P4.1).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::db::DbError;
use crate::directory::{AddressState, Addressed, MailboxState, Province, Snapshot};
use crate::feed::answer::{self, Fault, Numbered};
use crate::feed::judge::{Told, Verdict};
use crate::feed::listing::{Line, Standing, standings};
use crate::feed::replay::Refusal;
use crate::feed::{self, Feed, FeedError, Made, Replayed, csv};
use crate::id::AddressId;
use crate::language::Language;
use crate::provisioning::{self, Order};

use super::caller::Caller;
use super::execute::Services;
use super::failure::{Exit, Failure, FaultView};
use super::request::Manner;

/// What is asked about the province.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// `province list`
    List,
    /// `province export`: the next file, if there is something to say, and every file after a number.
    Export {
        /// Files after this one; without it, only the one that is made.
        since: Option<i64>,
        /// In which form.
        form: Form,
        /// For the audit.
        note: Option<String>,
        /// Whether a file is made.
        manner: Manner,
    },
    /// `province acknowledge FILE`
    Acknowledge {
        /// What the file holds.
        text: String,
        /// For the audit.
        note: Option<String>,
        /// Whether it is done.
        manner: Manner,
    },
}

/// The form of change files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// JSON Lines, signed: for the Centre's program.
    Jsonl,
    /// A table: for people.
    Csv,
}

/// What is answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The list that is registered with the provincial office.
    List(Listed),
    /// Line files.
    Export(Exported),
    /// What an answer of the Centre changed.
    Acknowledge(Acknowledged),
}

/// The list that is registered with the provincial office.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Listed {
    /// Every address that is in use, or that the Centre still has.
    pub addresses: Vec<Standing>,
    /// The number of the newest change file; none was made: 0.
    pub last_file: i64,
    /// What files are verified with, base64, where a key was made.
    pub public_key: Option<String>,
}

/// Line files.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exported {
    /// Whether it was only told what would be made.
    pub dry_run: bool,
    /// The number of the file that was made; none where there was nothing to say.
    pub made: Option<i64>,
    /// What that file says, or would say.
    pub changes: Vec<Line>,
    /// The files that are handed out.
    pub files: Vec<FileView>,
    /// All of them in one text, one after another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A change file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FileView {
    /// Its number.
    pub number: i64,
    /// It tells of what came after this entry of the audit,
    pub after: i64,
    /// up to this one.
    pub to: i64,
    /// When it was made.
    pub made: Timestamp,
    /// SHA-256 of the whole file, in hexadecimal.
    pub digest: String,
    /// How many changes it tells of.
    pub changes: usize,
}

/// What an answer of the Centre changed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Acknowledged {
    /// Whether it was only told what would be changed.
    pub dry_run: bool,
    /// Addresses that are registered from now on.
    pub registered: usize,
    /// Addresses that are withdrawn from now on.
    pub withdrawn: usize,
    /// Addresses that were refused.
    pub refused: usize,
    /// Lines that told nothing new.
    pub known: usize,
}

pub(super) async fn execute(
    ask: Ask,
    caller: &Caller,
    services: &Services,
    language: Language,
) -> Result<Answer, Failure> {
    match ask {
        Ask::List => list(services).await.map(Answer::List),
        Ask::Export { since, form, note, manner } => {
            export(since, form, act(caller, note, services), manner, services, language).await.map(Answer::Export)
        }
        Ask::Acknowledge { text, note, manner } => {
            let act = act(caller, note, services);
            acknowledge(&text, act, manner, services, language).await.map(Answer::Acknowledge)
        }
    }
}

fn act(caller: &Caller, note: Option<String>, services: &Services) -> feed::Act {
    feed::Act { actor: caller.actor(), note, now: services.provisioning.clock.now() }
}

/// What stops a write.
enum Halt {
    Feed(FeedError),
    Act(provisioning::Failure),
}

impl<E: Into<FeedError>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Feed(error.into())
    }
}

impl Halt {
    fn failure(self, services: &Services, language: Language) -> Failure {
        match self {
            Self::Feed(error) => error.into(),
            Self::Act(failure) => Failure::act(&failure, &services.provisioning.directory.snapshot(), language),
        }
    }
}

/// An answer of which nothing is taken over; every fault is told.
fn wrong(faults: &[Fault], language: Language) -> Failure {
    let message = match language {
        Language::Vi => format!("tệp trả lời sai {} chỗ, nên chưa ghi nhận gì", faults.len()),
        Language::En => format!("the answer is wrong in {} places, so nothing of it was taken over", faults.len()),
    };
    let view = |fault: &Fault| FaultView {
        line: u32::try_from(fault.line).unwrap_or(u32::MAX),
        column: None,
        header: None,
        code: fault.problem.code().to_owned(),
        rule: None,
        message: crate::text::printable(&fault.problem.message(language)),
        word: None,
    };
    Failure { faults: faults.iter().map(view).collect(), ..Failure::new(Exit::Input, "answer_wrong", &message) }
}

async fn list(services: &Services) -> Result<Listed, Failure> {
    let replayed = Replayed::read(&mut *services.provisioning.db.read().await?).await?;
    let key = services.feed.seal.open().map_err(FeedError::from)?;
    Ok(Listed {
        addresses: standings(&replayed.state, &replayed.told),
        last_file: replayed.last_number(),
        public_key: key.map(|key| key.public().to_string()),
    })
}

async fn export(
    since: Option<i64>,
    form: Form,
    act: feed::Act,
    manner: Manner,
    services: &Services,
    language: Language,
) -> Result<Exported, Failure> {
    if services.feed.provincial.is_none() {
        return Err(unconfigured(language));
    }
    let mut reader = services.provisioning.db.read().await?;
    let replayed = Replayed::read(&mut reader).await?;
    let since = since.unwrap_or(replayed.last_number());
    if manner == Manner::Rehearse {
        let changes = replayed.untold();
        return Ok(Exported { dry_run: true, made: None, changes, files: Vec::new(), text: None });
    }
    // Before another one is made: it is handed out together with them, or not made.
    let mut files = Vec::new();
    for told in replayed.told.iter().filter(|told| told.file.number > since) {
        let text = Feed::write(&mut reader, told).await?;
        files.push((told, text.ok_or_else(|| cut(told.file.number, language))?));
    }
    let made = make(replayed.clone(), act, services).await.map_err(|halt| halt.failure(services, language))?;
    let number = made.as_ref().map(|made| made.told.file.number);
    files.extend(made.iter().map(|made| (&made.told, made.text.clone())));
    Ok(Exported {
        dry_run: false,
        made: number,
        changes: made.iter().filter_map(|made| made.told.changes.clone()).flatten().collect(),
        files: files.iter().map(|(told, _)| view(told)).collect(),
        text: Some(written(&files, form)).filter(|_| !files.is_empty()),
    })
}

/// Makes the next file in one transaction with where its addresses stand from then on.
async fn make(replayed: Replayed, act: feed::Act, services: &Services) -> Result<Option<Made>, Halt> {
    let (feed, provisioning) = (services.feed.clone(), services.provisioning.clone());
    let write = services.provisioning.db.write(move |tx| {
        Box::pin(async move {
            let replayed = replayed.catch_up(tx.connection()).await?;
            let made = feed.make(tx, &replayed, &act).await?;
            if let Some(made) = &made {
                provisioning.execute_in(tx, &order(made.marks.clone(), &act)).await.map_err(Halt::Act)?;
            }
            Ok(made)
        })
    });
    write.await
}

fn order(marks: Vec<(AddressId, Province)>, act: &feed::Act) -> Order {
    let marking = provisioning::Act::MarkProvince { marks };
    Order { note: act.note.clone(), ..Order::new(&act.actor, None, vec![marking]) }
}

fn written(files: &[(&Told, String)], form: Form) -> String {
    match form {
        Form::Jsonl => files.iter().map(|(_, text)| text.as_str()).collect(),
        Form::Csv => {
            let rows =
                files.iter().map(|(told, _)| csv::rows(told.file.number, told.changes.as_deref().unwrap_or_default()));
            csv::headings() + &rows.collect::<String>()
        }
    }
}

fn view(told: &Told) -> FileView {
    let file = &told.file;
    FileView {
        number: file.number,
        after: file.after,
        to: file.to,
        made: Timestamp::from_second(file.made_at).unwrap_or_default(),
        digest: data_encoding::HEXLOWER.encode(&file.digest),
        changes: told.changes.as_ref().map_or(0, Vec::len),
    }
}

async fn acknowledge(
    text: &str,
    act: feed::Act,
    manner: Manner,
    services: &Services,
    language: Language,
) -> Result<Acknowledged, Failure> {
    let (answers, mut faults) = answer::read(text);
    let judged = if manner == Manner::Rehearse || !faults.is_empty() {
        Replayed::read(&mut *services.provisioning.db.read().await?).await?.judge(&answers)
    } else {
        take(answers, act, services).await.map_err(|halt| halt.failure(services, language))?
    };
    match judged {
        Ok(verdict) if faults.is_empty() => Ok(told(&verdict, manner)),
        judged => {
            faults.extend(judged.err().unwrap_or_default());
            faults.sort_by_key(|fault| fault.line);
            Err(wrong(&faults, language))
        }
    }
}

type Judged = Result<Verdict, Vec<Fault>>;

/// Judges an answer and does what it says, in one transaction.
async fn take(answers: Numbered, act: feed::Act, services: &Services) -> Result<Judged, Halt> {
    let replayed = Replayed::read(&mut *services.provisioning.db.read().await?).await?;
    let provisioning = services.provisioning.clone();
    let write = services.provisioning.db.write(move |tx| {
        Box::pin(async move {
            let replayed = replayed.catch_up(tx.connection()).await?;
            let judged = replayed.judge(&answers);
            if let Ok(verdict) = judged.as_ref()
                && !verdict.is_empty()
            {
                Feed::acknowledge(tx, verdict, &act).await?;
                let marks = verdict.marks.iter().map(|(row, mark)| (AddressId(*row), *mark)).collect();
                provisioning.execute_in(tx, &order(marks, &act)).await.map_err(Halt::Act)?;
            }
            Ok(judged)
        })
    });
    write.await
}

fn told(verdict: &Verdict, manner: Manner) -> Acknowledged {
    let marked = |wanted: Province| verdict.marks.iter().filter(|(_, mark)| *mark == wanted).count();
    let refused: usize = verdict.refused.values().map(Vec::len).sum();
    Acknowledged {
        dry_run: manner == Manner::Rehearse,
        registered: verdict.registered,
        withdrawn: marked(Province::Withdrawn),
        refused,
        known: verdict.known,
    }
}

fn unconfigured(language: Language) -> Failure {
    let message = match language {
        Language::Vi => "chưa cấu hình organisation.provincial_domain: không có gì để báo cho tỉnh",
        Language::En => "organisation.provincial_domain is not configured: there is nothing to tell the province",
    };
    Failure::new(Exit::Input, "no_provincial_domain", message)
}

fn cut(number: i64, language: Language) -> Failure {
    let message = match language {
        Language::Vi => format!("không lập lại được tệp số {number}: nhật ký của tệp đã quá hạn lưu"),
        Language::En => format!("file {number} cannot be written again: the audit behind it is past its retention"),
    };
    Failure::new(Exit::Input, "file_cut", &message)
}

/// What the Centre refused and nobody has seen to: an address that is still wanted, or anything else of the newest file.
pub(super) async fn refused(services: &Services, language: Language) -> Result<Option<String>, DbError> {
    let mut reader = services.provisioning.db.read().await?;
    let (refusals, newest) = feed::refusals(&mut reader).await?;
    let snapshot = services.provisioning.directory.snapshot();
    let open = refusals.values().filter(|refusal| {
        let held = snapshot.address(AddressId(refusal.row));
        match held.and_then(|held| held.province) {
            Some(Province::Wanted) => held.is_some_and(|held| is_used(held, &snapshot)),
            Some(Province::Registered) => refusal.file == newest,
            _ => false,
        }
    });
    let shown = |refusal: &Refusal| {
        let address = snapshot.address(AddressId(refusal.row)).map(|held| held.address.to_string());
        format!("{} ({})", address.unwrap_or_default(), refusal.reason)
    };
    let shown: Vec<_> = open.map(shown).collect();
    let list = shown.join(", ");
    let message = match language {
        Language::Vi => format!("tỉnh từ chối {}: {list}", shown.len()),
        Language::En => format!("the province refused {}: {list}", shown.len()),
    };
    Ok(Some(crate::text::printable(&message)).filter(|_| !shown.is_empty()))
}

fn is_used(held: &Addressed, snapshot: &Snapshot) -> bool {
    let open = snapshot.mailbox(held.mailbox).is_some_and(|mailbox| mailbox.state == MailboxState::Open);
    held.state == AddressState::Live && open
}
