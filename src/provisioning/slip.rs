//! The slip that a person is handed: address, password, and what to type into a mail program (R10). The password is on
//! it and nowhere else.

use super::settings::{ClientSettings, Settings, aligned};
use crate::address::Address;
use crate::credential::{Secret, Standing};
use crate::language::Language;
use crate::name::PersonName;

/// What the slip says.
#[derive(Clone, Debug)]
pub struct Slip {
    /// For whom.
    pub holder: PersonName,
    /// The address, which is also the name to log in with.
    pub address: Address,
    /// The password.
    pub password: Secret,
    /// Whether it must be changed.
    pub standing: Standing,
    /// Who hands it out.
    pub organisation: String,
    /// What to type into a mail program.
    pub client: ClientSettings,
}

/// The lines of a slip, in one language.
struct Lines {
    title: String,
    rows: Vec<(&'static str, String)>,
    advice: &'static str,
}

impl Slip {
    pub(super) fn new(
        holder: &PersonName,
        address: &Address,
        password: &Secret,
        standing: Standing,
        settings: &Settings,
    ) -> Self {
        Self {
            holder: holder.clone(),
            address: address.clone(),
            password: password.clone(),
            standing,
            organisation: settings.organisation.clone(),
            client: settings.client.clone(),
        }
    }

    fn lines(&self, language: Language) -> Lines {
        let (name, address, password) = match language {
            Language::Vi => ("Họ và tên", "Địa chỉ, cũng là tên đăng nhập", "Mật khẩu"),
            Language::En => ("Name", "Address, also the name to log in with", "Password"),
        };
        let mut rows = vec![
            (name, self.holder.to_string()),
            (address, self.address.to_string()),
            (password, self.password.expose().to_owned()),
        ];
        rows.extend(self.client.rows(language));
        let title = match language {
            Language::Vi => format!("{}: hộp thư điện tử", self.organisation),
            Language::En => format!("{}: your mailbox", self.organisation),
        };
        let advice = match (language, self.standing) {
            (Language::Vi, Standing::First) => {
                "Hãy đổi mật khẩu ngay khi dùng lần đầu. Không cho ai biết mật khẩu; nếu bị lộ, báo ngay cho Văn phòng."
            }
            (Language::En, Standing::First) => {
                "Change the password at first use. Tell it to nobody; if it leaks, tell the Office at once."
            }
            (Language::Vi, Standing::Chosen) => "Không cho ai biết mật khẩu; nếu bị lộ, báo ngay cho Văn phòng.",
            (Language::En, Standing::Chosen) => "Tell the password to nobody; if it leaks, tell the Office at once.",
        };
        Lines { title, rows, advice }
    }

    /// The slip as plain text.
    pub fn text(&self, language: Language) -> String {
        let lines = self.lines(language);
        format!("{}\n\n{}\n{}\n", lines.title, aligned(&lines.rows), lines.advice)
    }

    /// The slip as a page to be printed.
    pub fn html(&self, language: Language) -> String {
        let lines = self.lines(language);
        let tag = match language {
            Language::Vi => "vi",
            Language::En => "en",
        };
        let row = |(label, value): &(&str, String)| {
            format!("<tr><th>{}</th><td>{}</td></tr>\n", escaped(label), escaped(value))
        };
        let rows: String = lines.rows.iter().map(row).collect();
        let (title, advice) = (escaped(&lines.title), escaped(lines.advice));
        format!(
            "<!DOCTYPE html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
             <style>\n@page {{ size: A5 landscape; margin: 15mm; }}\n\
             body {{ font: 12pt/1.5 \"Times New Roman\", serif; }}\nh1 {{ font-size: 14pt; }}\n\
             th {{ text-align: left; padding-right: 1.5em; font-weight: normal; vertical-align: top; }}\n\
             td {{ font-family: \"Courier New\", monospace; }}\n</style>\n</head>\n<body>\n\
             <h1>{title}</h1>\n<table>\n{rows}</table>\n<p>{advice}</p>\n</body>\n</html>\n"
        )
    }
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            c => safe.push(c),
        }
    }
    safe
}
