//! The slip that a person is handed: address, password, and what to type into a mail program (R10). The password is on
//! it and nowhere else.

use super::settings::{ClientSettings, Settings, aligned};
use crate::address::Address;
use crate::credential::{Bond, Door, Secret, Standing};
use crate::language::Language;
use crate::name::{Label, PersonName};
use crate::text::escaped;

/// What the slip says.
#[derive(Clone, Debug)]
pub struct Slip {
    /// For whom.
    pub holder: PersonName,
    /// The address, which is also the name to log in with.
    pub address: Address,
    /// The password.
    pub password: Secret,
    /// What the password is for.
    pub purpose: Purpose,
    /// Who hands it out.
    pub organisation: String,
    /// What to type into a mail program.
    pub client: ClientSettings,
}

/// What the password on a slip is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To use one's own mailbox; perhaps it must be changed first.
    Own(Standing),
    /// To look into somebody's mailbox for so many minutes (R20).
    Reading {
        /// From now on.
        minutes: u32,
    },
    /// For a machine of a unit's or the department's mailbox (R23).
    Machine {
        /// What it is called.
        name: Label,
        /// What binds it.
        bond: Bond,
    },
}

/// The lines of a slip, in one language.
struct Lines {
    title: String,
    rows: Vec<(&'static str, String)>,
    advice: String,
}

impl Slip {
    pub(super) fn new(
        holder: &PersonName,
        address: &Address,
        password: &Secret,
        purpose: Purpose,
        settings: &Settings,
    ) -> Self {
        Self {
            holder: holder.clone(),
            address: address.clone(),
            password: password.clone(),
            purpose,
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
        rows.extend(match &self.purpose {
            Purpose::Own(_) => self.client.rows(language),
            // It sends nothing and opens no page.
            Purpose::Reading { .. } => self.client.servers(language).into_iter().take(1).collect(),
            Purpose::Machine { name, bond } => self.of_machine(name, bond, language),
        });
        let title = match (language, &self.purpose) {
            (Language::Vi, Purpose::Own(_)) => format!("{}: hộp thư điện tử", self.organisation),
            (Language::En, Purpose::Own(_)) => format!("{}: your mailbox", self.organisation),
            (Language::Vi, Purpose::Reading { .. }) => format!("{}: mở hộp thư để xem", self.organisation),
            (Language::En, Purpose::Reading { .. }) => format!("{}: a mailbox opened for reading", self.organisation),
            (Language::Vi, Purpose::Machine { .. }) => format!("{}: mật khẩu thiết bị", self.organisation),
            (Language::En, Purpose::Machine { .. }) => format!("{}: a device's password", self.organisation),
        };
        let advice = self.advice(language);
        Lines { title, rows, advice }
    }

    /// What is typed into the machine, by those doors that it goes through.
    fn of_machine(&self, name: &Label, bond: &Bond, language: Language) -> Vec<(&'static str, String)> {
        let (device, purpose) = match language {
            Language::Vi => ("Thiết bị", "Mục đích"),
            Language::En => ("Device", "Purpose"),
        };
        let described = [(device, name.to_string()), (purpose, bond.describe(language))];
        let servers = [Door::Imap, Door::Smtp].into_iter().zip(self.client.servers(language));
        let servers = servers.filter(|(door, _)| bond.doors.include(*door)).map(|(_, server)| server);
        described.into_iter().chain(servers).collect()
    }

    fn advice(&self, language: Language) -> String {
        match (language, &self.purpose) {
            (Language::Vi, Purpose::Own(Standing::First)) => {
                "Hãy đổi mật khẩu ngay khi dùng lần đầu. Không cho ai biết mật khẩu; nếu bị lộ, báo ngay cho Văn phòng."
                    .into()
            }
            (Language::En, Purpose::Own(Standing::First)) => {
                "Change the password at first use. Tell it to nobody; if it leaks, tell the Office at once.".into()
            }
            (Language::Vi, Purpose::Own(Standing::Chosen)) => {
                "Không cho ai biết mật khẩu; nếu bị lộ, báo ngay cho Văn phòng.".into()
            }
            (Language::En, Purpose::Own(Standing::Chosen)) => {
                "Tell the password to nobody; if it leaks, tell the Office at once.".into()
            }
            (Language::Vi, Purpose::Reading { minutes }) => {
                format!("Chỉ xem được, trong {minutes} phút. Chủ hộp thư được báo; việc này ghi vào nhật ký.")
            }
            (Language::En, Purpose::Reading { minutes }) => {
                format!("It reads only, for {minutes} minutes. The owner is told, and the audit says who.")
            }
            (Language::Vi, Purpose::Machine { .. }) => {
                "Chỉ nhập mật khẩu này vào đúng thiết bị trên. Mật khẩu được thay khi bàn giao hộp thư; nếu bị lộ, báo ngay cho Văn phòng."
                    .into()
            }
            (Language::En, Purpose::Machine { .. }) => {
                "Type it into this device alone. It is replaced when the mailbox is handed over; if it leaks, tell the \
                 Office at once."
                    .into()
            }
        }
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
        let (title, advice) = (escaped(&lines.title), escaped(&lines.advice));
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
