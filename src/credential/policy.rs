//! What a new password must be: long enough, and not what somebody would guess who knows the person and the office.
//!
//! A password is read as its holder thinks of it, without diacritics, case and signs between words, and cut into pieces
//! so that as little as possible is left unexplained: words of [`Habits`], rows of the keyboard, dates, numbers,
//! repetitions. What is left must be enough to surprise.

use std::collections::BTreeMap;

use super::Secret;
use super::habits::{Habit, Habits};
use crate::language::Language;
use crate::limits;
use crate::text::fold;

/// What a new password must be, from the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Characters, at least.
    pub min_length: usize,
}

/// Why a password may not become one's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weak {
    /// Shorter than the policy's minimum, in characters.
    Short {
        /// The minimum.
        min: usize,
    },
    /// Made by a habit that those who guess know.
    Guessable(Habit),
}

/// Keys that lie side by side. They are read both ways.
const ROWS: [&str; 8] = [
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1234567890",
    "!@#$%^&*()",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik",
    "qazwsxedcrfvtgbyhnujm",
    "1q2w3e4r5t6y7u8i9o0p",
];

/// What a letter costs.
const LETTER: u32 = 2;

impl Policy {
    /// Whether a password may become one's own.
    pub fn admit(&self, secret: &Secret, habits: &Habits) -> Result<(), Weak> {
        if secret.expose().chars().count() < self.min_length {
            return Err(Weak::Short { min: self.min_length });
        }
        let text = Text::of(secret);
        if text.is_a_number() {
            return Err(Weak::Guessable(Habit::Number));
        }
        match text.explained(habits) {
            (surprise, Some(habit)) if surprise < limits::PASSWORD_SURPRISE_MIN => Err(Weak::Guessable(habit)),
            _ => Ok(()),
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self { min_length: limits::PASSWORD_LENGTH_MIN }
    }
}

/// A password as its holder thinks of it.
struct Text(Vec<char>);

/// The cheapest reading of the text up to a place.
#[derive(Clone, Copy)]
struct Reading {
    cost: u32,
    /// Where its last piece begins, and by what habit, if by any.
    from: usize,
    habit: Option<Habit>,
}

impl Text {
    fn of(secret: &Secret) -> Self {
        let between = |c: &char| matches!(c, ' ' | '.' | ',' | '-' | '_' | '/');
        Self(fold(secret.expose()).chars().filter(|c| !between(c)).take(limits::PASSWORD_READ_CHARS_MAX).collect())
    }

    fn is_a_number(&self) -> bool {
        self.0.len() < limits::PASSWORD_DIGITS_MIN && self.0.iter().all(char::is_ascii_digit)
    }

    /// How much is left unexplained in the cheapest reading, and the habit that explains most.
    fn explained(&self, habits: &Habits) -> (u32, Option<Habit>) {
        let start = Reading { cost: 0, from: 0, habit: None };
        let mut best = vec![Reading { cost: u32::MAX, ..start }; self.0.len() + 1];
        let mut improve = |to: usize, reading: Reading| {
            if let Some(place) = best.get_mut(to).filter(|place| reading.cost < place.cost) {
                *place = reading;
            }
            best.get(to).map_or(u32::MAX, |place| place.cost)
        };
        let mut cost = improve(0, start);
        for (from, c) in self.0.iter().enumerate() {
            let alone = if c.is_alphabetic() { LETTER } else { 1 };
            for (length, habit) in self.pieces(from, habits) {
                improve(from + length, Reading { cost: cost + price(habit), from, habit: Some(habit) });
            }
            cost = improve(from + 1, Reading { cost: cost + alone, from, habit: None });
        }
        (cost, foremost(&best))
    }

    /// What may begin at a place: lengths and habits.
    fn pieces(&self, from: usize, habits: &Habits) -> Vec<(usize, Habit)> {
        let rest = self.0.get(from..).unwrap_or_default();
        let spelled = |letters: &[char]| rest.len() >= letters.len() && rest.iter().zip(letters).all(same);
        let mut pieces: Vec<_> = (habits.words().filter(|word| spelled(&word.letters)))
            .map(|word| (word.letters.len(), word.habit))
            .collect();
        pieces.extend(row(rest).map(|length| (length, Habit::Row)));
        pieces.extend(dates(rest).map(|length| (length, Habit::Date)));
        pieces.extend(self.number(from).map(|length| (length, Habit::Number)));
        pieces.extend(self.echoes(from).map(|length| (length, Habit::Repeat)));
        pieces
    }

    /// A telephone or identity number: 9 to 12 digits with no other beside them.
    fn number(&self, from: usize) -> Option<usize> {
        let before = from.checked_sub(1).and_then(|before| self.0.get(before));
        let digits = self.0.iter().skip(from).take_while(|c| c.is_ascii_digit()).count();
        (!before.is_some_and(char::is_ascii_digit) && (9..=12).contains(&digits)).then_some(digits)
    }

    /// Lengths of what stands right before this place, too.
    fn echoes(&self, from: usize) -> impl Iterator<Item = usize> {
        (2..=from).filter(move |length| {
            let before = self.0.get(from - length..from);
            before.is_some() && before == self.0.get(from..from + length)
        })
    }
}

/// What a piece costs that a habit explains, whatever its length.
fn price(habit: Habit) -> u32 {
    match habit {
        // The same again tells nothing new.
        Habit::Repeat => 0,
        // Four words pass even where each is somebody's name: many words are.
        Habit::Name => LETTER + 1,
        Habit::Person | Habit::Unit | Habit::Office | Habit::Common | Habit::Row | Habit::Date | Habit::Number => {
            LETTER
        }
    }
}

/// The habit to be told: the one that explains most of the reading; words about the person, the unit or the office come
/// before those of everybody, since they are what the holder can best see.
fn foremost(best: &[Reading]) -> Option<Habit> {
    let mut covered = BTreeMap::<Habit, usize>::new();
    let mut end = best.len().checked_sub(1)?;
    while end > 0 {
        let reading = best.get(end)?;
        if let Some(habit) = reading.habit {
            *covered.entry(habit).or_default() += end - reading.from;
        }
        end = reading.from;
    }
    let own = |(habit, length): &(Habit, usize)| *habit <= Habit::Office && *length > 2;
    let most = |habits: Vec<(Habit, usize)>| habits.into_iter().rev().max_by_key(|(_, length)| *length);
    let covered: Vec<(Habit, usize)> = covered.into_iter().collect();
    let habit = most(covered.iter().copied().filter(own).collect()).or_else(|| most(covered));
    habit.map(|(habit, _)| habit)
}

/// Whether a sign is written for a letter: `D@0` is `dao`.
fn same((written, meant): (&char, &char)) -> bool {
    written == meant
        || match written {
            '0' => *meant == 'o',
            '1' | '!' => matches!(meant, 'i' | 'l'),
            '3' => *meant == 'e',
            '4' | '@' => *meant == 'a',
            '5' | '$' => *meant == 's',
            '7' => *meant == 't',
            _ => false,
        }
}

/// The longest run from the beginning that goes along a row of keys, or through the alphabet, or stays on one character.
fn row(text: &[char]) -> Option<usize> {
    let keys = ROWS.iter().flat_map(|row| {
        let forth: Vec<char> = row.chars().collect();
        let back: Vec<char> = row.chars().rev().collect();
        [along(text, &forth), along(text, &back)]
    });
    let keys = keys.max().filter(|length| *length > 3);
    let steps = [0, 1, -1].into_iter().map(|step| stepping(text, step)).max().filter(|length| *length > 2);
    keys.max(steps)
}

fn along(text: &[char], row: &[char]) -> usize {
    let start = text.first().and_then(|first| row.iter().position(|key| key == first));
    start.map_or(0, |start| text.iter().zip(row.iter().skip(start)).take_while(|(c, key)| c == key).count())
}

fn stepping(text: &[char], step: i64) -> usize {
    let next = |pair: &&[char]| match pair {
        [one, other] => one.is_alphanumeric() && i64::from(u32::from(*other)) - i64::from(u32::from(*one)) == step,
        _ => false,
    };
    1 + text.windows(2).take_while(next).count()
}

/// Lengths of dates at the beginning: a year; day, month and year, with or without leading noughts; the other way round.
fn dates(text: &[char]) -> impl Iterator<Item = usize> {
    const FORMS: [&[Part]; 7] = [
        &[Part::Year],
        &[Part::Day(2), Part::Month(2), Part::Year],
        &[Part::Day(1), Part::Month(2), Part::Year],
        &[Part::Day(2), Part::Month(1), Part::Year],
        &[Part::Day(1), Part::Month(1), Part::Year],
        &[Part::Day(2), Part::Month(2), Part::Short],
        &[Part::Year, Part::Month(2), Part::Day(2)],
    ];
    FORMS.into_iter().filter_map(|form| {
        form.iter().try_fold(0, |at, part| {
            let digits = text.get(at..at + part.length())?;
            let number = digits.iter().try_fold(0, |number, c| Some(number * 10 + c.to_digit(10)?))?;
            part.admits(number).then_some(at + part.length())
        })
    })
}

#[derive(Clone, Copy)]
enum Part {
    Day(usize),
    Month(usize),
    Year,
    /// A year in two digits.
    Short,
}

impl Part {
    fn length(self) -> usize {
        match self {
            Self::Day(length) | Self::Month(length) => length,
            Self::Year => 4,
            Self::Short => 2,
        }
    }

    fn admits(self, number: u32) -> bool {
        match self {
            Self::Day(_) => (1..=31).contains(&number),
            Self::Month(_) => (1..=12).contains(&number),
            Self::Year => (1900..=2100).contains(&number),
            Self::Short => true,
        }
    }
}

impl Weak {
    /// What is wrong, and what would be right.
    pub fn message(self, language: Language) -> String {
        match (self, language) {
            (Self::Short { min }, Language::Vi) => format!("mật khẩu phải có ít nhất {min} ký tự"),
            (Self::Short { min }, Language::En) => format!("a password has at least {min} characters"),
            (Self::Guessable(habit), Language::Vi) => {
                format!("mật khẩu này dễ đoán, vì {}; hãy ghép bốn từ không liên quan đến nhau", habit.in_vietnamese())
            }
            (Self::Guessable(habit), Language::En) => format!(
                "this password is easily guessed, since {}; put together four words that have nothing to do with each other",
                habit.in_english()
            ),
        }
    }
}

impl Habit {
    fn in_vietnamese(self) -> &'static str {
        match self {
            Self::Person => "nó gồm tên, chữ viết tắt, địa chỉ hoặc mã số của chính bạn",
            Self::Unit => "nó gồm tên hoặc mã của đơn vị bạn",
            Self::Office => "nó gồm tên hoặc tên miền của cơ quan",
            Self::Common => "nó gồm từ mà nhiều người hay dùng",
            Self::Name => "nó gồm tên người",
            Self::Row => "nó gồm các ký tự liền nhau trên bàn phím hoặc theo thứ tự",
            Self::Date => "nó gồm năm hoặc ngày tháng",
            Self::Number => "nó giống số điện thoại, số căn cước hoặc chỉ có chữ số",
            Self::Repeat => "nó lặp đi lặp lại",
        }
    }

    fn in_english(self) -> &'static str {
        match self {
            Self::Person => "it is made of your own name, initials, address or staff code",
            Self::Unit => "it is made of your unit's name or code",
            Self::Office => "it is made of the organisation's name or domain",
            Self::Common => "it is made of words that many people take",
            Self::Name => "it is made of people's names",
            Self::Row => "it is made of neighbours on the keyboard or characters in their order",
            Self::Date => "it is made of a year or a date",
            Self::Number => "it looks like a telephone or identity number, or is digits alone",
            Self::Repeat => "it repeats itself",
        }
    }
}

impl std::fmt::Display for Weak {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message(Language::En))
    }
}

impl std::error::Error for Weak {}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::address::Address;
    use crate::name::PersonName;

    fn habits() -> Habits {
        let address = Address::parse("daont@daklak.doj.gov.vn").unwrap();
        Habits::default()
            .person(&PersonName::parse("Nguyễn Thị Đào").unwrap(), &address, Some("CB-0417"))
            .unit("to-chuc", "Phòng Tổ chức - Đào tạo")
            .office("Sở Tư pháp tỉnh Đắk Lắk", address.domain())
    }

    fn judge(password: &str) -> Result<(), Weak> {
        Policy::default().admit(&Secret::parse(password).unwrap(), &habits())
    }

    #[test]
    fn each_habit_is_found_and_named() {
        for (habit, passwords) in [
            (
                Habit::Person,
                &[
                    "NguyenThiDao!",
                    "Nguyễn Thị Đào 1990",
                    "daont@2026",
                    "1990daontdao",
                    "D@0NguyenTh1",
                    "ntdao-ntdao",
                    "dao.nguyen.thi.85",
                    "cb0417cb0417",
                ][..],
            ),
            (Habit::Unit, &["tochuc123!", "Phòng Tổ chức 123", "to-chuc-dao-tao-1"][..]),
            (Habit::Office, &["SoTuPhap2026", "daklak.doj.gov.vn", "stpdaklak@47", "Sở Tư pháp Đắk Lắk"][..]),
            (
                Habit::Common,
                &[
                    "matkhau123",
                    "M@tkh4u!!!",
                    "anhyeuem1990",
                    "Iloveyou2026",
                    "vietnam1945",
                    "buonmathuot",
                    "Buôn Ma Thuột 47",
                    "p@$$w0rd123",
                ][..],
            ),
            (Habit::Name, &["Minh2015!!", "Bảo Khánh 2015", "Trung Kiên @85"][..]),
            (Habit::Row, &["qwertyuiop", "1qaz2wsx3edc", "asdfghjkl;1", "abcdefghij", "zyxwvu9876", "aaaaaaaaaa"][..]),
            (Habit::Date, &["30/04/1975!", "1975-04-30x", "2/9/1945/abc1", "02091945!!"][..]),
            (Habit::Number, &["0905123456", "066089001234", "0905832917!"][..]),
            (Habit::Repeat, &["k7mqk7mqk7mq", "xoxoxoxoxoxo"][..]),
        ] {
            for password in passwords {
                assert_eq!(judge(password), Err(Weak::Guessable(habit)), "{password}");
            }
        }
    }

    #[test]
    fn the_refusal_says_the_habit_and_what_would_be_right_in_both_languages() {
        let weak = judge("daont@2026").unwrap_err();
        let (vi, en) = (weak.message(Language::Vi), weak.message(Language::En));
        assert!(vi.contains("địa chỉ hoặc mã số của chính bạn") && vi.contains("bốn từ"), "{vi}");
        assert!(en.contains("your own name") && en.contains("four words"), "{en}");
        assert_eq!(judge("ngắn quá").unwrap_err().to_string(), "a password has at least 10 characters");
    }

    #[test]
    fn a_habit_within_something_longer_is_no_fault() {
        for password in [
            "cây đào trước cửa sổ",
            "Thu-viec-2026",
            "một mật khẩu mới",
            "mèo con ăn cá",
            "trời mưa 1990 lần",
            "hoa lan mai cúc",
        ] {
            assert_eq!(judge(password), Ok(()), "{password}");
        }
    }

    #[test]
    fn the_longest_password_is_read_in_no_time() {
        for piece in ["ab", "dao1990", "1", "anhyeuem"] {
            let _ = judge(&piece.repeat(limits::PASSWORD_BYTES_MAX / piece.len()));
        }
    }

    const WORDS: [&str; 40] = [
        "bàn",
        "ghế",
        "sông",
        "núi",
        "mưa",
        "nắng",
        "trời",
        "biển",
        "chim",
        "cá chép",
        "xe đạp",
        "đường",
        "rừng",
        "lúa",
        "gạo",
        "cơm",
        "chè",
        "sách",
        "bút",
        "thước",
        "gió",
        "mây",
        "trăng",
        "sao",
        "đèn",
        "cửa",
        "tường",
        "vườn",
        "cây",
        "lá",
        "hạt",
        "quả",
        "cam",
        "bưởi",
        "ổi",
        "khế",
        "ngựa",
        "trâu",
        "bò",
        "voi",
    ];

    proptest! {
        #[test]
        fn four_words_pass(words in proptest::sample::subsequence(&WORDS[..], 4).prop_shuffle()) {
            let phrase = words.join(" ");
            prop_assume!(phrase.chars().count() >= limits::PASSWORD_LENGTH_MIN);
            prop_assert_eq!(judge(&phrase), Ok(()), "{}", phrase);
        }

        #[test]
        fn random_strings_pass(password in "[a-zA-Z0-9]{12,40}|[a-zA-Z!-/]{10,40}") {
            prop_assume!(password.chars().filter(char::is_ascii_alphabetic).count() >= 5);
            prop_assert_eq!(judge(&password), Ok(()), "{}", password);
        }

        #[test]
        fn whatever_is_said_after_a_name_and_a_year_is_refused(year in 1930_u32..2030, sign in "[!@#$%&*]{0,2}") {
            for password in [
                format!("nguyenthidao{year}{sign}"),
                format!("{sign}{year}DaoNguyen"),
                format!("Dao{year}Nguyen{sign}"),
            ] {
                prop_assert_eq!(judge(&password), Err(Weak::Guessable(Habit::Person)), "{}", password);
            }
        }
    }
}
