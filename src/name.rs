//! Names of people, and the addresses made from them.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::language::Language;
use crate::limits;
use crate::text::{fold, nfc};

/// A person's full name as it is written: family name, middle names, given name. Kept in NFC, words parted by one space.
///
/// Letters of every script and the signs that names hold are literal data; control characters and bidirectional
/// controls, which would change how a line around the name is shown, are refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(String);

/// One line that names something else: a unit, a position, the number of a decision. Kept as names of people are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label(String);

/// What somebody tells in their own words, on one or several lines: a fault, its outcome, a reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Account(String);

/// The part before `@` of an address that we give out: ASCII letters, digits, and single `.`, `-`, `_` between them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LocalPart(String);

/// How a name becomes the part before `@`: literal characters and the pieces `{given}`, `{given_initial}`, `{family}`,
/// `{middle}`, `{initials}` (of family and middle names). The default is `{given}{initials}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameRule(Vec<Piece>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Given,
    GivenInitial,
    Family,
    Middle,
    Initials,
    Literal(char),
}

/// Why a text is not what it should name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing, or nothing but spaces.
    #[error("a name is empty")]
    Empty,
    /// Longer than [`limits::NAME_BYTES_MAX`], [`limits::LOCAL_PART_BYTES_MAX`] or [`limits::ACCOUNT_BYTES_MAX`].
    #[error("a name is longer than {0} octets")]
    TooLong(usize),
    /// A control character or a bidirectional control (hostile B29, B83).
    #[error("a name holds a control character")]
    Control,
    /// A letter outside ASCII, which may look like another one (hostile B86).
    #[error("the part before @ may hold only a-z, 0-9 and single . - _ between them: {0}")]
    LocalCharacter(String),
    /// A name that the mail system itself answers to, or one that looks like it (RFC 2142, hostile B86).
    #[error("{0} is reserved, or looks like a reserved name")]
    Reserved(String),
    /// The pattern of a rule holds an unknown piece or a character that no local part may hold.
    #[error("not a rule for addresses: {0}")]
    Rule(String),
}

impl NameError {
    /// What is wrong, for people.
    pub fn message(&self, language: Language) -> String {
        match (self, language) {
            (Self::Empty, Language::Vi) => "để trống".to_owned(),
            (Self::TooLong(most), Language::Vi) => format!("dài hơn {most} byte"),
            (Self::Control, Language::Vi) => "có ký tự điều khiển hoặc ký tự ẩn".to_owned(),
            (Self::LocalCharacter(text), Language::Vi) => {
                format!("phần trước @ chỉ gồm a-z, 0-9 và từng dấu . - _ ở giữa: {text}")
            }
            (Self::Reserved(text), Language::Vi) => {
                format!("{text} là tên dành riêng, hoặc dễ nhầm với tên dành riêng")
            }
            (Self::Rule(text), Language::Vi) => format!("không phải quy tắc đặt địa chỉ: {text}"),
            (error, Language::En) => error.to_string(),
        }
    }
}

/// Names that belong to the mail system (RFC 2142, RFC 5321 §4.5.1) or would be taken for it.
const RESERVED: &[&str] = &[
    "abuse",
    "admin",
    "administrator",
    "daemon",
    "hostmaster",
    "mailer-daemon",
    "no-reply",
    "nobody",
    "noc",
    "postmaster",
    "quantri",
    "quantrimang",
    "root",
    "security",
    "suco",
    "system",
    "webmaster",
];

/// What those names look like to a hurried reader.
static RESERVED_APPEARANCES: LazyLock<HashSet<String>> =
    LazyLock::new(|| RESERVED.iter().map(|reserved| LocalPart((*reserved).to_owned()).appearance()).collect());

impl PersonName {
    /// Reads a name in any normal form.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        one_line(text).map(Self)
    }

    /// The name as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which names are looked up: without diacritics and case.
    pub fn key(&self) -> String {
        fold(&self.0)
    }
}

impl Label {
    /// Reads a label in any normal form.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        one_line(text).map(Self)
    }

    /// The label as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which labels are compared: without diacritics, case and spaces.
    pub fn key(&self) -> String {
        fold(&self.0).replace(' ', "")
    }
}

impl Account {
    /// Reads a text in any normal form, its lines ended in any way.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.len() > limits::ACCOUNT_BYTES_MAX {
            return Err(NameError::TooLong(limits::ACCOUNT_BYTES_MAX));
        }
        let lines = text.replace("\r\n", "\n");
        if lines.chars().any(|c| (c.is_control() && c != '\n' && c != '\t') || is_format_control(c)) {
            return Err(NameError::Control);
        }
        let account = nfc(lines.trim());
        if account.is_empty() { Err(NameError::Empty) } else { Ok(Self(account)) }
    }

    /// The text as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn one_line(text: &str) -> Result<String, NameError> {
    if text.len() > limits::NAME_BYTES_MAX {
        return Err(NameError::TooLong(limits::NAME_BYTES_MAX));
    }
    if text.chars().any(|c| (c.is_control() && c != '\t') || is_format_control(c)) {
        return Err(NameError::Control);
    }
    let line = nfc(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    if line.is_empty() { Err(NameError::Empty) } else { Ok(line) }
}

/// Invisible characters that reorder or hide what is around them.
fn is_format_control(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

impl LocalPart {
    /// Reads a local part that is to be given out; capitals become small.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let local = text.to_ascii_lowercase();
        if local.is_empty() {
            return Err(NameError::Empty);
        }
        if local.len() > limits::LOCAL_PART_BYTES_MAX {
            return Err(NameError::TooLong(limits::LOCAL_PART_BYTES_MAX));
        }
        let atoms = |c: char| matches!(c, '.' | '-' | '_');
        let sound = |atom: &str| !atom.is_empty() && atom.chars().all(|c| c.is_ascii_alphanumeric());
        if !local.split(atoms).all(sound) {
            return Err(NameError::LocalCharacter(text.to_owned()));
        }
        let local = Self(local);
        if RESERVED_APPEARANCES.contains(&local.appearance()) {
            Err(NameError::Reserved(text.to_owned()))
        } else {
            Ok(local)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a hurried reader sees: `p0st.master` and `postmaster` are one (hostile B86).
    pub fn appearance(&self) -> String {
        let plain: String = self
            .0
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| match c {
                '0' => 'o',
                '1' => 'l',
                c => c,
            })
            .collect();
        plain.replace("rn", "m").replace("vv", "w")
    }
}

impl NameRule {
    /// Reads a pattern such as `{given}{initials}` or `{given}.{family}`.
    pub fn parse(pattern: &str) -> Result<Self, NameError> {
        let refused = || NameError::Rule(pattern.to_owned());
        let mut pieces = Vec::new();
        let mut rest = pattern;
        while let Some(first) = rest.chars().next() {
            let (piece, after) = match rest.strip_prefix('{') {
                Some(named) => {
                    let (name, after) = named.split_once('}').ok_or_else(refused)?;
                    (Piece::named(name).ok_or_else(refused)?, after)
                }
                None if first.is_ascii_lowercase() || first.is_ascii_digit() || "._-".contains(first) => {
                    (Piece::Literal(first), rest.get(1..).unwrap_or_default())
                }
                None => return Err(refused()),
            };
            pieces.push(piece);
            rest = after;
        }
        let names = pieces.iter().any(|p| !matches!(p, Piece::Literal(_)));
        if names { Ok(Self(pieces)) } else { Err(refused()) }
    }

    /// The local parts for a name, the plain one first, then `name2`, `name3`, …; none where the name holds no letter
    /// that ASCII can show, so that an address must be chosen by hand.
    pub fn candidates(&self, name: &PersonName) -> impl Iterator<Item = LocalPart> {
        let stem = self.stem(name);
        let usable = !stem.is_empty();
        (1..=limits::NAMESAKES_MAX).take_while(move |_| usable).filter_map(move |n| {
            let text = if n == 1 { stem.clone() } else { format!("{stem}{n}") };
            LocalPart::parse(&text).ok()
        })
    }

    fn stem(&self, name: &PersonName) -> String {
        let words: Vec<String> = name.0.split(' ').map(ascii).filter(|w| !w.is_empty()).collect();
        let Some((given, others)) = words.split_last() else { return String::new() };
        let family = others.first().map_or("", String::as_str);
        let mut stem = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Given => stem.push_str(given),
                Piece::GivenInitial => stem.extend(given.chars().next()),
                Piece::Family => stem.push_str(family),
                Piece::Middle => stem.extend(others.iter().skip(1).map(String::as_str)),
                Piece::Initials => stem.extend(others.iter().filter_map(|w| w.chars().next())),
                Piece::Literal(c) => stem.push(*c),
            }
        }
        // Room for the number that tells namesakes apart.
        stem.truncate(limits::LOCAL_PART_BYTES_MAX - 4);
        stem.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned()
    }
}

/// What ASCII can show of a word: letters and digits, without diacritics, đ = d.
fn ascii(word: &str) -> String {
    fold(word).chars().filter(char::is_ascii_alphanumeric).collect()
}

impl Piece {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "given" => Self::Given,
            "given_initial" => Self::GivenInitial,
            "family" => Self::Family,
            "middle" => Self::Middle,
            "initials" => Self::Initials,
            _ => return None,
        })
    }
}

impl Default for NameRule {
    /// `{given}{initials}`: Đỗ Xuân Bình is `binhdx`.
    fn default() -> Self {
        Self(vec![Piece::Given, Piece::Initials])
    }
}

macro_rules! text {
    ($($name:ident)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    )*};
}

text!(PersonName Label Account LocalPart);

impl FromStr for NameRule {
    type Err = NameError;

    fn from_str(pattern: &str) -> Result<Self, NameError> {
        Self::parse(pattern)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    fn first(rule: &NameRule, name: &str) -> Option<String> {
        rule.candidates(&PersonName::parse(name).unwrap()).next().map(String::from)
    }

    #[test]
    fn the_given_name_leads_and_the_initials_follow() {
        let rule = NameRule::default();
        for (name, local) in [
            ("Đỗ Xuân Bình", "binhdx"),
            ("Nguyễn Thị Đào", "daont"),
            ("NGUYỄN  THỊ\tĐÀO", "daont"),
            ("Trần Ước", "uoct"),
            ("H'Hen Niê", "nieh"),
            ("Bình", "binh"),
        ] {
            assert_eq!(first(&rule, name).as_deref(), Some(local), "{name}");
        }
    }

    #[test]
    fn namesakes_are_numbered_from_two() {
        let name = PersonName::parse("Đỗ Xuân Bình").unwrap();
        let some: Vec<String> = NameRule::default().candidates(&name).take(3).map(String::from).collect();
        assert_eq!(some, ["binhdx", "binhdx2", "binhdx3"]);
    }

    #[test]
    fn a_name_that_ascii_cannot_show_has_no_address() {
        assert_eq!(first(&NameRule::default(), "Пётр"), None);
        assert_eq!(first(&NameRule::default(), "%"), None);
    }

    #[test]
    fn another_rule_is_a_matter_of_configuration() {
        let rule = NameRule::parse("{given}.{family}").unwrap();
        assert_eq!(first(&rule, "Đỗ Xuân Bình").as_deref(), Some("binh.do"));
        assert_eq!(first(&rule, "Bình").as_deref(), Some("binh"));
        for bad in ["", "x", "{given", "{nickname}", "{given}@", "{given}Ä"] {
            assert_eq!(NameRule::parse(bad), Err(NameError::Rule(bad.to_owned())));
        }
    }

    #[test]
    fn reserved_names_and_what_looks_like_them_are_refused() {
        for text in ["postmaster", "Postmaster", "p0stmaster", "post.master", "postrnaster", "r00t", "abuse"] {
            assert_eq!(LocalPart::parse(text), Err(NameError::Reserved(text.to_owned())));
        }
        // The second letter is Cyrillic.
        for text in ["b\u{0456}nhdx", "đàont", "a..b", "a b", ".a", "x'--", "a@b"] {
            assert_eq!(LocalPart::parse(text), Err(NameError::LocalCharacter(text.to_owned())));
        }
        assert!(LocalPart::parse("van-phong").is_ok());
    }

    #[test]
    fn an_account_has_lines_and_nothing_that_acts() {
        assert_eq!(Account::parse(" Mất điện\r\n\r\ntừ 8 giờ\n").unwrap().as_str(), "Mất điện\n\ntừ 8 giờ");
        for text in ["a\u{202e}b", "\u{1b}[31m", "a\u{0}", "a\rb"] {
            assert_eq!(Account::parse(text), Err(NameError::Control), "{text:?}");
        }
        assert_eq!(Account::parse("\n"), Err(NameError::Empty));
        let long = "a".repeat(limits::ACCOUNT_BYTES_MAX + 1);
        assert_eq!(Account::parse(&long), Err(NameError::TooLong(limits::ACCOUNT_BYTES_MAX)));
    }

    #[test]
    fn controls_are_no_part_of_a_name() {
        for name in ["a\r\nb", "a\u{202e}b", "\u{1b}[31m", "a\u{0}"] {
            assert_eq!(PersonName::parse(name), Err(NameError::Control), "{name:?}");
        }
        assert_eq!(PersonName::parse(" \t "), Err(NameError::Empty));
        assert_eq!(PersonName::parse("x' OR 1=1--").unwrap().as_str(), "x' OR 1=1--");
    }

    proptest! {
        #[test]
        fn normal_form_makes_no_difference(name in "[A-Za-zĐđƯưƠơÀ-ỹ' ]{1,40}") {
            let Ok(composed) = PersonName::parse(&name.nfc().collect::<String>()) else { return Ok(()) };
            let decomposed = PersonName::parse(&name.nfd().collect::<String>()).unwrap();
            prop_assert_eq!(&composed, &decomposed);
            let rule = NameRule::default();
            prop_assert_eq!(rule.candidates(&composed).next(), rule.candidates(&decomposed).next());
        }

        #[test]
        fn every_address_is_ascii_and_valid(name in "\\PC{1,80}", pattern in "(\\{given\\}|\\{family\\}|\\{middle\\}|\\.|-|a){1,6}") {
            let (Ok(name), Ok(rule)) = (PersonName::parse(&name), NameRule::parse(&pattern)) else { return Ok(()) };
            for local in rule.candidates(&name).take(3) {
                prop_assert!(local.as_str().is_ascii());
                prop_assert!(local.as_str().len() <= limits::LOCAL_PART_BYTES_MAX);
                let text = format!("{local}@x.vn");
                prop_assert_eq!(crate::address::Address::parse(&text).unwrap().to_string(), text);
            }
        }
    }
}
