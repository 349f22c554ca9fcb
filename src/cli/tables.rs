//! Answers as people read them, in both languages.

use comfy_table::{ContentArrangement, Table, TableStyle};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::control::{
    Basis, Checks, DecisionDetail, Done, MachineView, MailboxView, ManifestView, QueueStatus, Reply, RightView,
    StaffView, Status, UnitView,
};
use crate::credential::Device;
use crate::directory::{DecisionState, MailboxState, Place, Reach, StaffState, UnitKind, UnitState};
use crate::language::Language;
use crate::store::Sum;

/// Columns that a table fits into.
const WIDTH: u16 = 100;

/// An answer, ready to print.
pub(super) fn show(reply: &Reply, language: Language, zone: &TimeZone) -> String {
    match reply {
        Reply::Status(status) => glance(status, language),
        Reply::Checks(checks) => checked(checks, language),
        Reply::UnitList { units } => self::units(units, language),
        Reply::Unit { unit } => self::unit(unit, language),
        Reply::StaffList { staff } => people(staff, language),
        Reply::Staff { staff } => person(staff, language),
        Reply::MailboxRights { rights } => self::rights(rights, language),
        Reply::MailboxDevices { devices } => self::devices(devices, language, zone),
        Reply::DecisionList { decisions } => self::decisions(decisions, language),
        Reply::DecisionShow { decisions } => decisions.iter().map(|d| decision(d, language, zone)).collect(),
        Reply::Province(answer) => super::province::show(answer, language),
        Reply::Audit(answer) => super::audit::show(answer, language, zone),
        Reply::Guide { guide } => super::guide::show(guide, language),
        Reply::Hr(answer) => super::hr::show(answer, language),
        Reply::Requested(answer) => super::requested::show(answer, language, zone),
        Reply::Dns(answer) => super::dns::show(answer, language),
        Reply::Incident(answer) => super::incident::show(answer, language, zone),
        Reply::Queue(answer) => super::queue::show(answer, language, zone),
        Reply::Dkim(answer) => super::dkim::show(answer, language),
        Reply::Share(answer) => super::share::show(answer, language, zone),
        Reply::Report(answer) => {
            let said = super::report::sent(&answer.sent_to, language);
            if said.is_empty() { crate::report::text(&answer.report, zone) } else { said }
        }
        Reply::Work(answer) => super::work::show(answer, language, zone),
        Reply::Backup { backup } => super::backup::show(backup, language),
        Reply::Mail(answer) => super::mail::show(answer, language, zone),
        Reply::Done(done) => self::done(done, language),
        Reply::MailboxList { mailboxes } => self::mailboxes(mailboxes, language),
        Reply::Mailbox { mailbox } => self::mailbox(mailbox, language),
        Reply::MailboxManifest(view) => manifest(view, language),
    }
}

pub(super) fn table<const N: usize>(headings: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut table = plain();
    table.set_header(headings.map(str::to_uppercase));
    lines(table.add_rows(rows))
}

/// One thing and what is known of it.
pub(super) fn detail<const N: usize>(labels: [&str; N], values: [String; N]) -> String {
    labelled(labels.into_iter().zip(values))
}

/// Labels and what they say.
pub(super) fn labelled<'l>(rows: impl Iterator<Item = (&'l str, String)>) -> String {
    lines(plain().add_rows(rows.map(|(label, value)| [format!("{label}:"), value])))
}

fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    table
}

fn lines(table: &Table) -> String {
    table.lines().map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned() + "\n").collect()
}

/// How much waits, and how much is held.
fn in_queue(queue: &QueueStatus, language: Language) -> String {
    let QueueStatus { waiting, held, .. } = queue;
    match (held, language) {
        (0, _) => waiting.to_string(),
        (held, Language::Vi) => format!("{waiting}, giữ lại {held}"),
        (held, Language::En) => format!("{waiting}, {held} held"),
    }
}

/// What would stand in the records, had it not only been rehearsed.
pub(super) fn rehearsed(shown: &str, language: Language) -> String {
    match language {
        Language::Vi => format!("Kế hoạch, chưa thực hiện:\n\n{shown}"),
        Language::En => format!("The plan; nothing was done:\n\n{shown}"),
    }
}

pub(super) fn text(of: Option<&impl ToString>) -> String {
    of.map_or_else(|| "-".to_owned(), ToString::to_string)
}

/// People: also the candidates for an ambiguous name.
pub(super) fn people(staff: &[StaffView], language: Language) -> String {
    let headings = match language {
        Language::Vi => ["địa chỉ", "họ và tên", "đơn vị", "chức vụ", "tình trạng"],
        Language::En => ["address", "name", "unit", "position", "state"],
    };
    let row = |person: &StaffView| {
        let state = standing(person.state, language).to_owned();
        let position = text(person.position.as_ref());
        [text(person.address.as_ref()), person.name.clone(), person.unit.clone(), position, state]
    };
    table(headings, staff.iter().map(row))
}

fn person(person: &StaffView, language: Language) -> String {
    let labels = match language {
        Language::Vi => ["họ và tên", "địa chỉ", "đơn vị", "chức vụ", "mã số", "từ ngày", "tình trạng"],
        Language::En => ["name", "address", "unit", "position", "staff code", "since", "state"],
    };
    let values = [
        person.name.clone(),
        text(person.address.as_ref()),
        person.unit.clone(),
        text(person.position.as_ref()),
        text(person.code.as_ref()),
        day(person.since, language),
        standing(person.state, language).to_owned(),
    ];
    detail(labels, values)
}

fn standing(state: StaffState, language: Language) -> &'static str {
    match (state, language) {
        (StaffState::Active, Language::Vi) => "đang làm việc",
        (StaffState::Suspended, Language::Vi) => "tạm ngừng",
        (StaffState::Departed, Language::Vi) => "đã thôi việc",
        (state, Language::En) => state.as_str(),
    }
}

fn units(units: &[UnitView], language: Language) -> String {
    let headings = match language {
        Language::Vi => ["mã", "tên", "loại", "nơi", "số người"],
        Language::En => ["code", "name", "kind", "place", "staff"],
    };
    let row = |unit: &UnitView| {
        let (kind, place) = (kind(unit, language).to_owned(), place(unit, language).to_owned());
        [unit.code.clone(), unit.name.clone(), kind, place, unit.staff.to_string()]
    };
    table(headings, units.iter().map(row))
}

fn unit(unit: &UnitView, language: Language) -> String {
    let labels = match language {
        Language::Vi => ["mã", "tên", "địa chỉ", "loại", "nơi", "cấp trên", "thủ trưởng", "số người"],
        Language::En => ["code", "name", "address", "kind", "place", "parent", "head", "staff"],
    };
    let values = [
        unit.code.clone(),
        unit.name.clone(),
        text(unit.address.as_ref()),
        kind(unit, language).to_owned(),
        place(unit, language).to_owned(),
        text(unit.parent.as_ref()),
        text(unit.head.as_ref()),
        unit.staff.to_string(),
    ];
    detail(labels, values)
}

fn kind(unit: &UnitView, language: Language) -> &'static str {
    match (unit.kind, language) {
        (UnitKind::Office, Language::Vi) => "văn phòng",
        (UnitKind::Division, Language::Vi) => "phòng",
        (UnitKind::Centre, Language::Vi) => "trung tâm",
        (UnitKind::Enforcement, Language::Vi) => "thi hành án",
        (UnitKind::Notary, Language::Vi) => "công chứng",
        (kind, Language::En) => kind.as_str(),
    }
}

fn place(unit: &UnitView, language: Language) -> &'static str {
    match (unit.state, unit.place, language) {
        (UnitState::Closed, _, Language::Vi) => "đã giải thể",
        (UnitState::Closed, _, Language::En) => "closed",
        (UnitState::Open, Place::Lan, Language::Vi) => "mạng LAN",
        (UnitState::Open, Place::Remote, Language::Vi) => "ở xa",
        (UnitState::Open, place, Language::En) => place.as_str(),
    }
}

fn mailboxes(mailboxes: &[MailboxView], language: Language) -> String {
    let headings = match language {
        Language::Vi => ["địa chỉ", "của", "đã dùng", "dung lượng", "tình trạng"],
        Language::En => ["address", "owner", "used", "quota", "state"],
    };
    let row = |mailbox: &MailboxView| {
        let state = life(mailbox.state, language).to_owned();
        let (used, quota) = (octets(mailbox.used_bytes), octets(mailbox.quota_bytes));
        [text(mailbox.address.as_ref()), mailbox.owner.clone(), used, quota, state]
    };
    table(headings, mailboxes.iter().map(row))
}

fn mailbox(mailbox: &MailboxView, language: Language) -> String {
    let labels = match language {
        Language::Vi => ["địa chỉ", "địa chỉ khác", "của", "đã dùng", "dung lượng", "gửi tới", "tình trạng"],
        Language::En => ["address", "other addresses", "owner", "used", "quota", "reach", "state"],
    };
    let others: Vec<_> = mailbox.aliases.iter().map(ToString::to_string).collect();
    let reach = match (mailbox.reach, language) {
        (Reach::Province, Language::Vi) => "trong tỉnh",
        (Reach::Internet, Language::Vi) => "mọi nơi",
        (reach, Language::En) => reach.as_str(),
    };
    let values = [
        text(mailbox.address.as_ref()),
        if others.is_empty() { "-".to_owned() } else { others.join(", ") },
        mailbox.owner.clone(),
        octets(mailbox.used_bytes),
        octets(mailbox.quota_bytes),
        reach.to_owned(),
        life(mailbox.state, language).to_owned(),
    ];
    detail(labels, values)
}

fn life(state: MailboxState, language: Language) -> &'static str {
    match (state, language) {
        (MailboxState::Open, Language::Vi) => "mở",
        (MailboxState::Closed, Language::Vi) => "đã đóng",
        (MailboxState::Removed, Language::Vi) => "đã loại bỏ",
        (state, Language::En) => state.as_str(),
    }
}

fn rights(rights: &[RightView], language: Language) -> String {
    let headings = match language {
        Language::Vi => ["hộp thư", "ai", "với tư cách", "quyền", "từ", "đến"],
        Language::En => ["mailbox", "who", "as", "rights", "from", "to"],
    };
    let row = |right: &RightView| {
        let basis = match (right.basis, language) {
            (Basis::Owner, Language::Vi) => "chủ hộp thư",
            (Basis::Steward, Language::Vi) => "người quản lý",
            (Basis::Delegate, Language::Vi) => "được uỷ quyền",
            (Basis::Opened, Language::Vi) => "quản trị mở xem",
            (Basis::Device, Language::Vi) => "thiết bị",
            (Basis::Owner, Language::En) => "owner",
            (Basis::Steward, Language::En) => "steward",
            (Basis::Delegate, Language::En) => "delegate",
            (Basis::Opened, Language::En) => "administrator",
            (Basis::Device, Language::En) => "device",
        };
        let allowed = if right.rights.is_empty() { "-".to_owned() } else { right.rights.clone() };
        let since = right.since.map_or_else(|| "-".to_owned(), |since| day(since, language));
        let who = right.networks.iter().fold(right.who.clone(), |who, network| format!("{who} {network}"));
        [right.mailbox.clone(), who, basis.to_owned(), allowed, since, text(right.until.as_ref())]
    };
    table(headings, rights.iter().map(row))
}

fn devices(devices: &[Device], language: Language, zone: &TimeZone) -> String {
    let headings = match language {
        Language::Vi => ["thiết bị", "mục đích", "cấp lúc", "dùng lần cuối"],
        Language::En => ["device", "purpose", "issued", "last used"],
    };
    let at = |second: i64| jiff::Timestamp::from_second(second).map(|at| moment(at, zone)).unwrap_or_default();
    let row = |device: &Device| {
        let bound = device.bond.as_ref().map_or_else(|| "-".to_owned(), |bond| bond.describe(language));
        let used = device.last_used.map_or_else(|| "-".to_owned(), at);
        [device.name.clone(), bound, at(device.set_at), used]
    };
    table(headings, devices.iter().map(row))
}

fn decisions(decisions: &[DecisionDetail], language: Language) -> String {
    let headings = match language {
        Language::Vi => ["số", "ngày ký", "hiệu lực", "loại", "tình trạng"],
        Language::En => ["number", "dated", "effective", "kind", "state"],
    };
    let row = |detail: &DecisionDetail| {
        let decision = &detail.recorded.decision;
        let (dated, effective) = (day(decision.dated, language), day(decision.effective, language));
        [decision.number.to_string(), dated, effective, decision.kind.0.clone(), settled(detail, language)]
    };
    table(headings, decisions.iter().map(row))
}

/// Where a decision stands, and whether it was entered after the day from which it holds.
fn settled(detail: &DecisionDetail, language: Language) -> String {
    let state = match (detail.recorded.state, language) {
        (DecisionState::Waiting, Language::Vi) => "chờ hiệu lực",
        (DecisionState::Applied, Language::Vi) => "đã thực hiện",
        (DecisionState::Cancelled, Language::Vi) => "đã huỷ",
        (DecisionState::Waiting, Language::En) => "waiting",
        (DecisionState::Applied, Language::En) => "applied",
        (DecisionState::Cancelled, Language::En) => "cancelled",
    };
    match (detail.backdated, language) {
        (false, _) => state.to_owned(),
        (true, Language::Vi) => format!("{state}, nhập sau ngày hiệu lực"),
        (true, Language::En) => format!("{state}, entered late"),
    }
}

fn decision(detail: &DecisionDetail, language: Language, zone: &TimeZone) -> String {
    let labels = match language {
        Language::Vi => ["số", "ngày ký", "hiệu lực", "loại", "về", "người ký", "người duyệt", "ghi chú", "tình trạng"],
        Language::En => ["number", "dated", "effective", "kind", "about", "issuer", "approver", "note", "state"],
    };
    let decision = &detail.recorded.decision;
    let values = [
        decision.number.to_string(),
        day(decision.dated, language),
        day(decision.effective, language),
        decision.kind.0.clone(),
        if detail.subjects.is_empty() { "-".to_owned() } else { detail.subjects.join("; ") },
        text(decision.issuer.as_ref()),
        text(decision.approver.as_ref()),
        text(decision.note.as_ref()),
        settled(detail, language),
    ];
    let mut shown = self::detail(labels, values);
    for step in &detail.plan {
        shown.extend(["  - ", &step.text, "\n"]);
    }
    if let Some(refused) = &detail.refused {
        shown.extend(["  ! ", refused, "\n"]);
    }
    if !detail.entries.is_empty() {
        shown.extend(["\n", &super::audit::entries(&detail.entries, language, zone)]);
    }
    shown + "\n"
}

fn done(done: &Done, language: Language) -> String {
    let waits = done.decision.as_ref().filter(|decision| decision.state == DecisionState::Waiting);
    let heading = match (done.dry_run, waits, language) {
        (true, _, Language::Vi) => "Kế hoạch, chưa thực hiện:".to_owned(),
        (true, _, Language::En) => "The plan; nothing was done:".to_owned(),
        (false, Some(ahead), Language::Vi) => {
            format!("Đã nhập; sẽ tự thực hiện ngày {}:", day(ahead.decision.effective, language))
        }
        (false, Some(ahead), Language::En) => {
            format!("Entered; it will be done on {}:", day(ahead.decision.effective, language))
        }
        (false, None, Language::Vi) => "Đã thực hiện:".to_owned(),
        (false, None, Language::En) => "Done:".to_owned(),
    };
    let mut text = format!("{heading}\n");
    for step in &done.steps {
        text.extend(["  - ", &step.text, "\n"]);
    }
    if let Some(slip) = &done.slip {
        text.extend(["\n", slip]);
    }
    for machine in &done.device_passwords {
        text.extend(["\n", &replaced(machine, language), "\n"]);
    }
    for handover in &done.handovers {
        text.push('\n');
        // Nobody signs what was only foretold, and what is in a file is not shown.
        match &handover.record {
            Some(record) if !done.dry_run => text.push_str(record),
            _ => text.push_str(&manifest(&handover.manifest, language)),
        }
    }
    text
}

/// A machine's new password, in one line.
fn replaced(machine: &MachineView, language: Language) -> String {
    let MachineView { mailbox, name, bond, password } = machine;
    let password = match (password, language) {
        (Some(password), _) => password,
        (None, Language::Vi) => "chưa có mật khẩu mới",
        (None, Language::En) => "no new password yet",
    };
    match language {
        Language::Vi => format!("Thiết bị {name} của {mailbox} ({}): {password}", bond.describe(language)),
        Language::En => format!("Device {name} of {mailbox} ({}): {password}", bond.describe(language)),
    }
}

fn manifest(view: &ManifestView, language: Language) -> String {
    let (headings, whole) = match language {
        Language::Vi => (["thư mục", "số thư", "byte", "chưa đọc", "mã kiểm tra"], "toàn bộ"),
        Language::En => (["folder", "messages", "bytes", "unseen", "digest"], "all"),
    };
    let row = |sum: &Sum| {
        let Sum { name, messages, bytes, unseen, digest, .. } = sum.clone();
        [name, messages.to_string(), bytes.to_string(), unseen.to_string(), digest]
    };
    let ManifestView { messages, bytes, digest, manifest, .. } = view;
    let unseen: u64 = manifest.folders.iter().map(|folder| folder.unseen).sum();
    let all = [whole.to_owned(), messages.to_string(), bytes.to_string(), unseen.to_string(), digest.clone()];
    table(headings, manifest.folders.iter().map(row).chain([all]))
}

/// A moment at the office.
pub(super) fn moment(at: jiff::Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A date as the office writes it.
pub(super) fn day(date: Date, language: Language) -> String {
    match language {
        Language::Vi => format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year()),
        Language::En => date.to_string(),
    }
}

fn checked(checks: &Checks, language: Language) -> String {
    let headings = match language {
        Language::Vi => ["", "mục", "kết quả"],
        Language::En => ["", "check", "found"],
    };
    let row = |check: &crate::control::Checked| {
        [if check.ok { "✓" } else { "✗" }.to_owned(), check.name.clone(), check.detail.clone()]
    };
    table(headings, checks.checks.iter().map(row))
}

fn glance(status: &Status, language: Language) -> String {
    let labels = match language {
        Language::Vi => ["máy chủ", "phiên", "hàng đợi", "hộp thư", "cơ sở dữ liệu", "đĩa còn trống", "cảnh báo"],
        Language::En => ["daemon", "sessions", "queue", "mailboxes", "database", "disk free", "alarms"],
    };
    let daemon = match (status.running, language) {
        (true, Language::Vi) => "đang chạy",
        (false, Language::Vi) => "không chạy",
        (true, Language::En) => "running",
        (false, Language::En) => "not running",
    };
    let sessions: Vec<_> = status.sessions.iter().map(|(listener, open)| format!("{listener} {open}")).collect();
    let alarms: Vec<_> = status.alarms.iter().map(|alarm| alarm.message.clone()).collect();
    let values = [
        daemon.to_owned(),
        sessions.join(", "),
        in_queue(&status.queue, language),
        status.store.mailboxes.to_string(),
        format!("{} + WAL {}", octets(status.store.database_bytes), octets(status.store.wal_bytes)),
        octets(status.store.free_bytes),
        if alarms.is_empty() { "-".to_owned() } else { alarms.join("; ") },
    ];
    detail(labels, values)
}

/// Octets with the largest unit that leaves a whole number.
fn octets(count: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let large = units.iter().find(|(_, bits)| count >> bits >= 1);
    large.map_or_else(|| format!("{count} B"), |(unit, bits)| format!("{} {unit}", count >> bits))
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    #[test]
    fn tables_fit_into_their_columns() {
        let long = "Trung tâm Dịch vụ bán đấu giá tài sản và những việc khác nữa, tỉnh Đắk Lắk".to_owned();
        let rows = vec![[long.clone(), long.clone(), long]; 3];
        for line in table(["một", "hai", "ba"], rows.into_iter()).lines() {
            assert!(line.nfc().count() <= usize::from(WIDTH), "{line}");
        }
    }
}
