//! What somebody should look at, before it becomes a fault.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use crate::access::Burst;
use crate::credential;
use crate::db::DbError;
use crate::directory::{Mailbox, Recorded};
use crate::id::MailboxId;
use crate::incident;
use crate::language::Language;
use crate::limits;
use crate::net::tls;
use crate::queue::{self, Counts, Lane};

use super::execute::Services;
use super::province;
use super::reply::Alarm;

/// Everything that is amiss now.
pub(super) async fn all(services: &Services, language: Language) -> Result<Vec<Alarm>, DbError> {
    let provisioning = &services.provisioning;
    let mut reader = provisioning.db.read().await?;
    let due = Recorded::waiting(&mut reader, provisioning.clock.today()).await?;
    let open_incidents = incident::count_open(&mut reader).await?;
    let waiting_mail = queue::counts(&mut reader).await?;
    let missing = credential::missing(&mut reader).await?;
    let panics = services.metrics.panics.get();
    let found = [
        ("certificate", certificate(&services.certificate, services.provisioning.clock.now(), language).err()),
        ("disk_space", disk_space(services.provisioning.db.path(), language).err()),
        ("incidents", (open_incidents > 0).then(|| incidents(open_incidents, language))),
        ("audit_heads", services.keeper.failed.load().as_deref().map(|why| unexported(why, language))),
        ("province_refused", province::refused(services, language).await?),
        ("panics", (panics > 0).then(|| panicked(panics, language))),
        ("mail_burst", bursts(services, language)),
        ("mail_held", (waiting_mail.held > 0).then(|| held(waiting_mail.held, language))),
        ("mail_delayed", delayed(&waiting_mail, services, language)),
        ("relay_down", relay_down(services, language)),
        ("filter_down", filter_down(services, language)),
        ("passwords_missing", (!missing.is_empty()).then(|| unissued(&missing, services, language))),
        ("decisions_due", (!due.is_empty() && services.running_since.is_some()).then(|| waiting(&due, language))),
    ];
    let alarm = |(code, message): (&str, Option<String>)| Some(Alarm { code: code.to_owned(), message: message? });
    Ok(found.into_iter().filter_map(alarm).collect())
}

/// How long the certificate lasts; an error where it ends soon or cannot be read (hostile F30).
pub(super) fn certificate(path: &Path, now: Timestamp, language: Language) -> Result<String, String> {
    let expires = tls::expiry(path).map_err(|error| error.to_string())?;
    let text = match language {
        Language::Vi => format!("{} hết hạn lúc {expires}", path.display()),
        Language::En => format!("{} ends at {expires}", path.display()),
    };
    let warning = SignedDuration::try_from(limits::CERTIFICATE_WARNING).unwrap_or(SignedDuration::ZERO);
    if expires.duration_since(now) > warning { Ok(text) } else { Err(text) }
}

/// How much the disk can still take; an error where it is little (hostile F7).
pub(super) fn disk_space(path: &Path, language: Language) -> Result<String, String> {
    let free = free_bytes(path).ok_or_else(|| format!("statvfs {}", path.display()))?;
    let mebibytes = free / (1 << 20);
    let text = match language {
        Language::Vi => format!("còn trống {mebibytes} MiB"),
        Language::En => format!("{mebibytes} MiB free"),
    };
    if free >= limits::DISK_FREE_BYTES_MIN { Ok(text) } else { Err(text) }
}

/// Octets that we may still write on a path's file system.
pub(super) fn free_bytes(path: &Path) -> Option<u64> {
    let system = nix::sys::statvfs::statvfs(path).ok()?;
    Some(system.blocks_available() * system.fragment_size())
}

/// People who wait for their first password: by a personnel file, or by a decision that was done on its day.
fn unissued(missing: &[MailboxId], services: &Services, language: Language) -> String {
    let snapshot = services.provisioning.directory.snapshot();
    let first = missing.iter().take(limits::NAMES_SHOWN_MAX).filter_map(|id| snapshot.mailbox(*id));
    let first: Vec<_> = first.map(Mailbox::shown).collect();
    let (people, first) = (missing.len(), first.join(", "));
    match language {
        Language::Vi => format!("{people} người chưa có mật khẩu (hopthu staff passwd --generate): {first}"),
        Language::En => format!("{people} people have no password yet (hopthu staff passwd --generate): {first}"),
    }
}

/// Decisions whose day has come and whose acts a rule refuses.
fn waiting(due: &[Recorded], language: Language) -> String {
    let numbers: Vec<_> = due.iter().map(|recorded| recorded.decision.number.as_str()).collect();
    let numbers = numbers.join(", ");
    match language {
        Language::Vi => format!("đến ngày mà chưa thực hiện được: {numbers}; xem \"hopthu decision show\""),
        Language::En => format!("due and not applied: {numbers}; see \"hopthu decision show\""),
    }
}

fn unexported(why: &str, language: Language) -> String {
    match language {
        Language::Vi => format!("chưa ghi được mã băm hằng ngày của nhật ký: {why}"),
        Language::En => format!("the audit's daily head was not exported: {why}"),
    }
}

fn panicked(panics: u64, language: Language) -> String {
    match language {
        Language::Vi => format!("{panics} phiên kết thúc do lỗi chương trình; xem nhật ký hệ thống"),
        Language::En => format!("{panics} sessions ended by a mistake of the program; see the log"),
    }
}

/// Who wanted to send more than they may within the last hour (R21).
fn bursts(services: &Services, language: Language) -> Option<String> {
    let snapshot = services.provisioning.directory.snapshot();
    let address = |burst: &Burst| snapshot.mailbox(burst.mailbox)?.primary().map(ToString::to_string);
    let who: Vec<_> = services.access.bursts().iter().filter_map(address).collect();
    if who.is_empty() {
        return None;
    }
    let who = who.join(", ");
    Some(match language {
        Language::Vi => format!("gửi quá số người nhận cho phép trong giờ qua: {who}"),
        Language::En => format!("wanted to send to more recipients than allowed in the last hour: {who}"),
    })
}

fn incidents(open: i64, language: Language) -> String {
    match language {
        Language::Vi => format!("{open} sự cố chưa đóng; xem bằng \"hopthu incident list\""),
        Language::En => format!("{open} incidents are open; \"hopthu incident list\" shows them"),
    }
}

fn held(held: i64, language: Language) -> String {
    match language {
        Language::Vi => format!("{held} thư bị giữ lại; xem bằng \"hopthu queue list --held\", rồi release hoặc drop"),
        Language::En => format!("{held} messages are held; see \"hopthu queue list --held\", then release or drop"),
    }
}

/// Mail whose sender was told, or will be, that it takes long.
fn delayed(counts: &Counts, services: &Services, language: Language) -> Option<String> {
    let oldest = Timestamp::from_second(counts.oldest?).ok()?;
    let age = services.provisioning.clock.now().duration_since(oldest);
    let usual = SignedDuration::try_from(services.queue.terms().warn_after).unwrap_or(SignedDuration::MAX);
    let hours = age.as_hours();
    (age >= usual).then(|| match language {
        Language::Vi => format!("có thư chờ gửi đã {hours} giờ; xem bằng \"hopthu queue list\""),
        Language::En => format!("mail waits since {hours} hours; \"hopthu queue list\" shows it"),
    })
}

/// Routes that are down. What DNS names for a domain is that domain's own affair until mail is delayed.
fn relay_down(services: &Services, language: Language) -> Option<String> {
    let down = services.queue.health().all().into_iter().filter(|(lane, _)| matches!(lane, Lane::Route(_)));
    let told: Vec<_> =
        down.take(limits::NAMES_SHOWN_MAX).map(|(lane, down)| format!("{lane}: {}", down.reason.text)).collect();
    let told = (!told.is_empty()).then(|| told.join("; "))?;
    Some(match language {
        Language::Vi => format!("không gửi được thư ra ngoài: {told}"),
        Language::En => format!("mail does not go out: {told}"),
    })
}

/// Filters that do not look at mail.
fn filter_down(services: &Services, language: Language) -> Option<String> {
    let down = services.filters.down().into_iter().map(|(name, reason)| format!("{name}: {reason}"));
    let told = down.collect::<Vec<_>>().join("; ");
    (!told.is_empty()).then(|| match language {
        Language::Vi => format!("bộ lọc thư không làm việc: {told}"),
        Language::En => format!("a mail filter does not work: {told}"),
    })
}
