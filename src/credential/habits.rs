//! What somebody who guesses tries first: words about the person, the unit and the office, and what everybody takes.

use std::sync::LazyLock;

use crate::address::{Address, Domain};
use crate::name::PersonName;
use crate::text::fold;

/// A way of choosing passwords that those who guess know too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Habit {
    /// The person's own name, initials, address or staff code.
    Person,
    /// The unit's code or name.
    Unit,
    /// The organisation's name or domain.
    Office,
    /// What many people take: `matkhau`, `anhyeuem`, `buonmathuot`.
    Common,
    /// What people are called, at home too: a child's name and year of birth.
    Name,
    /// Neighbours on the keyboard or in the alphabet: `qwerty`, `1qaz2wsx`, `4321`.
    Row,
    /// A year, or a day of a year.
    Date,
    /// A telephone number, an identity number, or digits alone.
    Number,
    /// The same again and again.
    Repeat,
}

/// Words about one person, folded and without anything but letters and digits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Habits(Vec<Word>);

/// A word, and whose habit it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) habit: Habit,
    pub(super) letters: Vec<char>,
}

/// What many people take, whoever they are, and given names. The lists are our own: words, phrases and names that
/// Vietnamese offices hear.
static COMMON: LazyLock<Vec<Word>> = LazyLock::new(|| {
    let listed = [(Habit::Common, include_str!("common.txt")), (Habit::Name, include_str!("names.txt"))];
    let words = |(habit, list): (Habit, &'static str)| {
        list.lines().map(move |line| Word { habit, letters: line.chars().collect() })
    };
    listed.into_iter().flat_map(words).collect()
});

impl Habits {
    /// With what is known of the person.
    #[must_use]
    pub fn person(mut self, name: &PersonName, address: &Address, code: Option<&str>) -> Self {
        self.phrase(Habit::Person, name.as_str());
        let words = words_of(name.as_str());
        if let Some((given, others)) = words.split_last() {
            let others: String = others.iter().filter_map(|word| word.chars().next()).collect();
            self.add(Habit::Person, &format!("{given}{others}"));
            self.add(Habit::Person, &format!("{others}{given}"));
        }
        self.phrase(Habit::Person, address.local());
        self.phrase(Habit::Person, code.unwrap_or_default());
        self
    }

    /// With what the unit is called.
    #[must_use]
    pub fn unit(mut self, code: &str, name: &str) -> Self {
        self.phrase(Habit::Unit, code);
        self.phrase(Habit::Unit, name);
        self
    }

    /// With what the organisation is called.
    #[must_use]
    pub fn office(mut self, name: &str, domain: &Domain) -> Self {
        self.phrase(Habit::Office, name);
        self.phrase(Habit::Office, domain.as_str());
        self
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &Word> {
        self.0.iter().chain(COMMON.iter())
    }

    /// Each word of a phrase, words run together, and its initials: `sotuphap`, `tuphap`, `stp`.
    fn phrase(&mut self, habit: Habit, phrase: &str) {
        let words = words_of(phrase);
        for from in 0..words.len() {
            for to in from + 1..=words.len() {
                self.add(habit, &words.get(from..to).unwrap_or_default().concat());
            }
        }
        let initials: Vec<char> = words.iter().filter_map(|word| word.chars().next()).collect();
        for length in 3..=initials.len() {
            self.add(habit, &initials.iter().take(length).collect::<String>());
        }
    }

    fn add(&mut self, habit: Habit, word: &str) {
        let letters: Vec<char> = word.chars().collect();
        // A lone letter is in every password.
        if letters.len() > 1 {
            self.0.push(Word { habit, letters });
        }
    }
}

fn words_of(phrase: &str) -> Vec<String> {
    let folded = fold(phrase);
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_lists_are_sorted_folded_and_each_line_once() {
        for (list, shortest) in [(include_str!("common.txt"), 4), (include_str!("names.txt"), 3)] {
            let lines: Vec<&str> = list.lines().collect();
            assert!(lines.len() > 150, "{}", lines.len());
            assert!(lines.is_sorted_by(|one, next| one < next));
            for line in lines {
                let folded = line.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
                assert!(line.len() >= shortest && folded, "{line:?}");
            }
        }
    }
}
