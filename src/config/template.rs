//! New installations get the whole commented file, with their own values put in its places.

/// `config/hopthu.toml`: the reference for administrators, and what `init` and `quickstart` write.
const TEMPLATE: &str = include_str!("../../config/hopthu.toml");

/// A key to set in a new file; the value is written as TOML.
pub struct Setting {
    /// The table, as in `server`.
    pub section: &'static str,
    /// The key in it.
    pub key: &'static str,
    /// Its value.
    pub value: toml::Value,
}

/// The commented file with these keys set and every other one at its default.
pub fn write(settings: &[Setting]) -> String {
    let mut section = "";
    let mut text = String::with_capacity(TEMPLATE.len());
    for line in TEMPLATE.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            section = name;
        }
        let set = key_of(line).and_then(|key| settings.iter().find(|s| s.section == section && s.key == key));
        match set {
            Some(setting) => text.extend([setting.key, " = ", &setting.value.to_string(), "\n"]),
            None => text.extend([line, "\n"]),
        }
    }
    text
}

/// The key that a line sets, or shows the default of: `key = …`, `#key = …`. Prose has a space after its `#`.
fn key_of(line: &str) -> Option<&str> {
    let (key, _) = line.strip_prefix('#').unwrap_or(line).split_once(" = ")?;
    key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_').then_some(key)
}

/// The file with every default stated, except the keys that have none.
#[cfg(test)]
pub(super) fn uncommented() -> String {
    let stated = |line: &str| match key_of(line) {
        Some(
            "certificate" | "key" | "provincial_domain" | "signing_key" | "heads" | "archive" | "target" | "source"
            | "trusted_authority",
        )
        | None => line.to_owned(),
        Some(_) => line.trim_start_matches('#').to_owned(),
    };
    TEMPLATE.lines().map(|line| stated(line) + "\n").collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_new_file_holds_what_was_set_and_the_defaults() {
        let set = |section, key, value: &str| Setting { section, key, value: value.into() };
        let text = write(&[
            set("server", "hostname", "localhost"),
            set("server", "data_dir", "."),
            set("organisation", "name", "Văn phòng \"A\"\n"),
            set("organisation", "domain", "a.vn"),
        ]);
        let config = Config::parse(&text, "hopthu.toml".as_ref()).unwrap();
        assert_eq!(config.organisation.name, "Văn phòng \"A\"\n");
        assert_eq!(config.server.data_dir.to_str(), Some("."));
        assert_eq!(config.mail, crate::config::Mail::default());
        assert!(text.contains("#quota = \"2G\""));
    }
}
