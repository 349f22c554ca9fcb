//! The command line: one table of nouns and verbs, from which parsing, help, completions and the manual are made.

mod decision;
mod mailbox;
mod staff;
mod unit;

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use jiff::civil::Date;

use crate::address::Domain;
use crate::config::value::{Size, ValueError};
use crate::control;
use crate::language::Language;
use crate::name::{Label, LocalPart};

pub use decision::Decision;
pub use mailbox::{AddDevice, Alias, Delegate, Device, HandOver, Mailbox, Mailboxes};
pub use staff::{Depart, Hire, NewMail, Reinstate, Rename, Staff, Transfer};
pub use unit::{Split, Unit};

/// Hộp thư: máy chủ thư điện tử của cơ quan | the office's mail server
#[derive(Debug, Parser)]
#[command(name = "hopthu", version, infer_subcommands = false, arg_required_else_help = true)]
pub struct Cli {
    /// Tệp cấu hình | Configuration file [default: ./hopthu.toml, then /etc/hopthu/hopthu.toml]
    #[arg(long, global = true, env = "HOPTHU_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Ngôn ngữ, thay cho server.language | Language, instead of server.language
    #[arg(long, global = true, env = "HOPTHU_LANG", value_name = "vi|en", value_parser = language)]
    pub lang: Option<Language>,
    /// In một tài liệu JSON | Print one JSON document
    #[arg(long, global = true)]
    pub json: bool,
    /// The noun, or a command of the house.
    #[command(subcommand)]
    pub command: Command,
}

/// Everything that can be asked of the program.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Chạy thử với cơ quan mẫu | Try it out with a sample department
    Quickstart(Quickstart),
    /// Tạo một hệ thống mới, chưa có ai | Make an empty installation
    Init(Init),
    /// Khôi phục một bản sao lưu vào thư mục mới | Put a backup into a new directory
    Restore(super::backup::Restore),
    /// In tệp hoàn thành lệnh cho shell | Print completions for a shell
    Completions {
        /// Shell nào | Which shell
        shell: clap_complete::Shell,
    },
    /// In trang hướng dẫn (man) | Print the manual page
    Man,
    /// Everything that needs an installation.
    #[command(flatten)]
    Installed(Installed),
}

/// What is asked of an installation that is there.
#[derive(Debug, Subcommand)]
pub enum Installed {
    /// Chạy máy chủ | Run the daemon
    Serve,
    /// Kiểm tra cấu hình, chứng thư, dữ liệu | Verify configuration, certificate and data
    Check {
        /// Chỉ kiểm tra cấu hình và chứng thư | Configuration and certificate only
        #[arg(long)]
        config_only: bool,
    },
    /// Tình trạng máy chủ | Sessions, queue, store, alarms at a glance
    Status,
    /// Đơn vị | Units
    #[command(subcommand)]
    Unit(Unit),
    /// Cán bộ, công chức | Staff
    #[command(subcommand)]
    Staff(Staff),
    /// Hộp thư | Mailboxes
    #[command(subcommand)]
    Mailbox(Mailboxes),
    /// Quyết định | Decisions
    #[command(subcommand)]
    Decision(Decision),
    /// Địa chỉ thư tại tên miền của tỉnh | Addresses at the province's domain
    #[command(subcommand)]
    Province(super::province::Province),
    /// Nhật ký | Audit
    #[command(subcommand)]
    Audit(super::audit::Audit),
    /// Tệp của bộ phận tổ chức cán bộ | The personnel office's file
    #[command(subcommand)]
    Hr(super::hr::Hr),
    /// Đề nghị | Requests
    #[command(subcommand)]
    Request(super::requested::Request),
    /// Sự cố | Incidents
    #[command(subcommand)]
    Incident(super::incident::Incident),
    /// Thư chờ gửi đi | Mail on its way out
    #[command(subcommand)]
    Queue(super::queue::Queue),
    /// Khoá ký thư | The keys that sign mail
    #[command(subcommand)]
    Dkim(super::dkim::Dkim),
    /// Tên của máy chủ trong mạng (DNS) | The server's names on the network (DNS)
    #[command(subcommand)]
    Dns(super::dns::Dns),
    /// Thư mục dùng chung | Shared folders
    #[command(subcommand)]
    Share(super::share::Share),
    /// Việc của đơn vị | What units must deal with
    #[command(subcommand)]
    Work(super::work::Work),
    /// Báo cáo hằng tháng cho Giám đốc | The monthly report to the Director
    Report(super::report::Report),
    /// Sao lưu toàn bộ dữ liệu vào một tệp | Back all data up to one file
    Backup(super::backup::Backup),
    /// Hướng dẫn cài đặt phần mềm thư cho một người | Mail program settings for one person
    Guide {
        /// Địa chỉ, mã số hoặc họ tên | Address, staff code or full name
        who: String,
    },
}

/// `quickstart`
#[derive(Args, Debug)]
pub struct Quickstart {
    /// Thư mục, được tạo nếu chưa có | Directory, made if it is not there
    #[arg(long, default_value = "./hopthu-data")]
    pub dir: PathBuf,
    /// Địa chỉ mạng | Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    pub listen: IpAddr,
    /// Cổng = số này + cổng chuẩn; 0: cổng trống bất kỳ | Ports are this plus the standard ones; 0: free ports
    #[arg(long, default_value_t = 20000, value_parser = clap::value_parser!(u16).range(0..=64000))]
    pub port_base: u16,
}

/// `init`
#[derive(Args, Debug)]
pub struct Init {
    /// Thư mục mới | New directory
    #[arg(long)]
    pub dir: PathBuf,
    /// Tên miền của cơ quan | The department's domain
    #[arg(long)]
    pub domain: Domain,
    /// Tên miền của tỉnh | The province's domain
    #[arg(long)]
    pub provincial_domain: Option<Domain>,
    /// Tên cơ quan | The department's name
    #[arg(long)]
    pub organisation: Label,
    /// Phần trước @ của hộp thư cơ quan, mặc định lấy từ tên | The part before @ of the department's own address
    #[arg(long, value_name = "LOCAL")]
    pub address: Option<LocalPart>,
    /// Tên máy chủ, mặc định mail.TÊN-MIỀN | This machine's name, mail.DOMAIN if not given
    #[arg(long)]
    pub hostname: Option<Domain>,
}

/// The paper that an act rests on. That an act needs one is a rule (R16), not a matter of the command line.
#[derive(Args, Debug)]
pub struct ByDecision {
    /// Số quyết định | Number of the decision
    #[arg(long = "decision", value_name = "NO", requires = "dated")]
    pub number: Option<Label>,
    /// Ngày ký | The day it was issued
    #[arg(long, value_name = "DATE", value_parser = date, requires = "number")]
    pub dated: Option<Date>,
    /// Ngày có hiệu lực, mặc định ngày ký | The day from which it holds, that of issue if not given
    #[arg(long, value_name = "DATE", value_parser = date, requires = "number")]
    pub effective: Option<Date>,
    /// Người ký | Who signed it
    #[arg(long, value_name = "NAME", requires = "number")]
    pub issuer: Option<Label>,
    /// Người của Văn phòng cho thực hiện | Who at the Office approved its execution
    #[arg(long, value_name = "NAME", requires = "number")]
    pub approver: Option<Label>,
}

/// Where a new password comes from.
#[derive(Args, Debug)]
pub struct PasswordSource {
    /// Đọc mật khẩu từ đầu vào chuẩn | Read the password from standard input
    #[arg(long)]
    pub stdin: bool,
    /// Tự tạo mật khẩu và in phiếu | Make a password and print the slip
    #[arg(long, conflicts_with = "stdin")]
    pub generate: bool,
}

/// A person.
#[derive(Args, Debug)]
pub struct Who {
    /// Địa chỉ, mã số hoặc họ tên | Address, staff code or full name
    pub who: String,
}

/// How an act is done.
#[derive(Args, Debug)]
pub struct Manner {
    /// Chỉ in kế hoạch, không thay đổi gì | Print the plan and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Ghi chú vào nhật ký | A note for the audit
    #[arg(long, value_name = "TEXT")]
    pub note: Option<Label>,
}

impl Manner {
    /// The note for the audit, and whether the act is done.
    pub fn parts(self) -> (Option<String>, control::Manner) {
        let manner = if self.dry_run { control::Manner::Rehearse } else { control::Manner::Apply };
        (self.note.map(String::from), manner)
    }
}

fn language(text: &str) -> Result<Language, String> {
    match text {
        "vi" => Ok(Language::Vi),
        "en" => Ok(Language::En),
        _ => Err("vi | en".to_owned()),
    }
}

pub(super) fn date(text: &str) -> Result<Date, String> {
    crate::clock::date(text).ok_or_else(|| "2026-11-23 | 23/11/2026".to_owned())
}

/// The size of a mailbox: it holds something, and the database can count it.
fn quota(text: &str) -> Result<Size, ValueError> {
    let size: Size = text.parse()?;
    let fits = size.0 > 0 && i64::try_from(size.0).is_ok();
    if fits { Ok(size) } else { Err(ValueError::Quota(text.to_owned())) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_table_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_help_text_is_in_both_languages() {
        fn look(command: &clap::Command, lacking: &mut Vec<String>) {
            let both =
                |text: Option<&clap::builder::StyledStr>| text.is_some_and(|text| text.to_string().contains(" | "));
            let path = command.get_name();
            if !both(command.get_about()) {
                lacking.push(path.to_owned());
            }
            for argument in command.get_arguments() {
                let values = argument.get_possible_values();
                let told = values.iter().all(|value| value.get_help().is_none() || both(value.get_help()));
                if !both(argument.get_help()) || !told {
                    lacking.push(format!("{path} {argument}"));
                }
            }
            command.get_subcommands().for_each(|command| look(command, lacking));
        }
        let mut lacking = Vec::new();
        look(&Cli::command(), &mut lacking);
        assert_eq!(lacking, [""; 0]);
    }
}
