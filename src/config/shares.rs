//! `[shares]`: what each unit's shared folder holds, and what is due there (R5, R6).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::sharing::schedule::Rhythm;
use crate::sharing::{Section, Settings, Years};
use crate::workday::{Days, Workdays};

/// `[shares]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shares {
    /// The sections that every unit has, in this order.
    pub sections: Vec<String>,
    /// By when something is to be published in some of them.
    pub duties: BTreeMap<String, Rhythm>,
    /// Days off beside the weekends.
    pub holidays: Vec<Days>,
    /// Days of weekends on which the office works.
    pub working_weekends: Vec<Days>,
    /// Whether what came into a section in a former year is moved to a folder of its year below it.
    pub year_folders: bool,
}

const DEFAULT: &[(&str, Option<Rhythm>)] = &[
    ("Lĩnh vực chuyên môn", None),
    ("Chương trình tuần", Some(Rhythm::MONDAY)),
    ("Chương trình tháng", Some(Rhythm::THE_25TH)),
    ("Kết quả tuần", Some(Rhythm::MONDAY)),
    ("Kết quả tháng", Some(Rhythm::THE_25TH)),
];

impl Default for Shares {
    fn default() -> Self {
        let due = |(name, due): &(&str, Option<Rhythm>)| Some(((*name).to_owned(), (*due)?));
        Self {
            sections: DEFAULT.iter().map(|(name, _)| (*name).to_owned()).collect(),
            duties: DEFAULT.iter().filter_map(due).collect(),
            holidays: Vec::new(),
            working_weekends: Vec::new(),
            year_folders: true,
        }
    }
}

impl Shares {
    /// The same for those who act on it.
    ///
    /// # Errors
    /// The key that is wrong, and how.
    pub fn settings(&self) -> Result<Settings, (&'static str, String)> {
        if let Some(unknown) = self.duties.keys().find(|name| !self.sections.contains(*name)) {
            return Err(("duties", format!("{unknown:?} is none of shares.sections")));
        }
        let mut sections: Vec<Section> = Vec::with_capacity(self.sections.len());
        for name in &self.sections {
            let section = Section::new(name, self.duties.get(name).copied())
                .map_err(|error| ("sections", format!("{name:?} is no name of a folder: {error}")))?;
            // Sub-addresses and subjects could not tell them apart.
            if let Some(twin) = sections.iter().find(|other| other.tag() == section.tag()) {
                return Err(("sections", format!("{name:?} and {:?} differ in marks only", twin.name)));
            }
            if section.tag().is_empty() || name.contains('/') {
                return Err(("sections", format!("{name:?} is no name of a section: letters or digits, and no /")));
            }
            sections.push(section);
        }
        let years = if self.year_folders { Years::Apart } else { Years::Together };
        Ok(Settings { sections, workdays: Workdays::new(&self.holidays, &self.working_weekends), years })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, (&'static str, String)> {
        toml::from_str::<Shares>(text).unwrap().settings()
    }

    #[test]
    fn sections_have_tags_and_some_have_days() {
        let settings = read("sections = ['Kết quả tuần', 'Ảnh']\nduties = { 'Kết quả tuần' = 'friday' }").unwrap();
        let tags: Vec<_> = settings.sections.iter().map(|section| (section.tag(), section.due)).collect();
        let friday = Rhythm::Weekly(jiff::civil::Weekday::Friday);
        assert_eq!(tags, [("ket-qua-tuan".to_owned(), Some(friday)), ("anh".to_owned(), None)]);
        assert_eq!(Shares::default().settings().unwrap().sections.len(), DEFAULT.len());
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_key() {
        for (text, key) in [
            ("sections = ['a']\nduties = { b = '25' }", "duties"),
            ("sections = ['Kết quả', 'ket qua']\nduties = {}", "sections"),
            ("sections = ['a/b']\nduties = {}", "sections"),
            ("sections = ['…']\nduties = {}", "sections"),
        ] {
            assert_eq!(read(text).unwrap_err().0, key, "{text}");
        }
        for text in ["duties = { 'Kết quả tuần' = '32' }", "duties = { 'Kết quả tuần' = 'today' }", "holidays = ['x']"]
        {
            assert!(toml::from_str::<Shares>(text).is_err(), "{text}");
        }
    }
}
