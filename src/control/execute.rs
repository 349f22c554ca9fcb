//! Doing what was asked: the one place, whether the daemon is asked or the command line does it itself.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::access::Access;
use crate::address::Address;
use crate::authentic::Keys;
use crate::delivery::Delivery;
use crate::directory::{DecisionState, Mailbox, MailboxState, Snapshot, Staff};
use crate::feed::{Feed, Keeper};
use crate::language::Language;
use crate::metrics::{Listener, Metrics};
use crate::milter::Filters;
use crate::period::Period;
use crate::provisioning::{Applied, Minutes, Order, Provisioning, Refusal};
use crate::queue::Queue;
use crate::report::Reports;
use crate::sharing::Sharing;

use super::caller::Caller;
use super::failure::Failure;
use super::reply::{
    DecisionView, Done, HandoverView, MachineView, MailboxView, ManifestView, QueueStatus, Reply, StaffView, Status,
    StepView, StoreStatus, UnitView,
};
use super::request::{Asked, Call, Manner, Request, SlipForm};
use super::surroundings::Surroundings;
use super::{
    alarms, audit, backup, checks, decisions, dkim, dns, guide, hr, incident, mail, province, queue, report, requested,
    rights, share, work,
};

/// What requests act on.
#[derive(Clone)]
pub struct Services {
    /// The database, the directory, the store, and the acts on them.
    pub provisioning: Provisioning,
    /// Who wanted to send more than they may.
    pub access: Access,
    /// Mail on its way out.
    pub queue: Queue,
    /// What is done with it.
    pub delivery: Delivery,
    /// What signs it.
    pub keys: Keys,
    /// What looks at mail.
    pub filters: Filters,
    /// What units share.
    pub sharing: Sharing,
    /// What the Director is told.
    pub reports: Reports,
    /// What the province is told.
    pub feed: Feed,
    /// How the audit is kept.
    pub keeper: Keeper,
    /// What is counted.
    pub metrics: Metrics,
    /// Where archives of mailboxes are written whose grace is over.
    pub archives: PathBuf,
    /// How long an expunged message is kept.
    pub expunged_kept: Period,
    /// The certificate in use.
    pub certificate: PathBuf,
    /// The network around.
    pub surroundings: Arc<dyn Surroundings>,
    /// Since when this process is the daemon, if it is.
    pub running_since: Option<Timestamp>,
}

/// Does one request.
pub async fn execute(call: Call, caller: &Caller, services: &Services) -> Result<Reply, Failure> {
    let language = call.language;
    let snapshot = services.provisioning.directory.snapshot();
    match call.request {
        Request::Status => Ok(Reply::Status(status(services, &snapshot, language).await?)),
        Request::Check => Ok(Reply::Checks(checks::run(services, language).await)),
        Request::UnitList => {
            Ok(Reply::UnitList { units: snapshot.all_units().map(|unit| UnitView::of(unit, &snapshot)).collect() })
        }
        Request::UnitShow(code) => {
            let unknown = || Failure::refused(&Refusal::UnitUnknown(code.clone()), &snapshot, language);
            let unit = snapshot.unit_by_code(&code).ok_or_else(unknown)?;
            Ok(Reply::Unit { unit: UnitView::of(unit, &snapshot) })
        }
        Request::StaffList => Ok(Reply::StaffList {
            staff: snapshot.all_staff().map(|person| StaffView::of(person, &snapshot)).collect(),
        }),
        Request::StaffShow(who) => {
            Ok(Reply::Staff { staff: StaffView::of(find(&who, &snapshot, language)?, &snapshot) })
        }
        Request::MailboxList => mailboxes(services, &snapshot).await,
        Request::MailboxShow(address) => mailbox(&address, services, &snapshot, language).await,
        Request::MailboxManifest(address) => manifest(&address, services, &snapshot, language).await,
        Request::MailboxRights(address) => rights::report(address.as_ref(), services, &snapshot, language).await,
        Request::MailboxDevices(address) => rights::devices(&address, services, &snapshot, language).await,
        Request::DecisionList => decisions::list(services).await,
        Request::DecisionShow(number) => decisions::show(&number, services, language).await,
        Request::DecisionCancel { number, note, manner } => {
            decisions::cancel(&number, note, manner, caller, services, language).await
        }
        Request::Province(ask) => province::execute(ask, caller, services, language).await.map(Reply::Province),
        Request::Audit(ask) => audit::execute(ask, services, language).await.map(Reply::Audit),
        Request::Guide(who) => Ok(Reply::Guide { guide: Box::new(guide::guide(&who, services, &snapshot, language)?) }),
        Request::Hr(ask) => Ok(Reply::Hr(hr::execute(*ask, caller, services, language).await?)),
        Request::Requested(ask) => requested::execute(ask, caller, services, language).await,
        Request::Incident(ask) => Ok(Reply::Incident(incident::execute(ask, caller, services, language).await?)),
        Request::Share(ask) => share::execute(ask, caller, services, language).await,
        Request::Report(ask) => Ok(Reply::Report(report::execute(ask, caller, services, language).await?)),
        Request::Work(ask) => Ok(Reply::Work(work::execute(ask, caller, services, language).await?)),
        Request::Queue(ask) => Ok(Reply::Queue(queue::execute(ask, caller, services, language).await?)),
        Request::Dkim(ask) => Ok(Reply::Dkim(dkim::execute(ask, caller, services, language).await?)),
        Request::Dns(ask) => Ok(Reply::Dns(dns::execute(ask, services, language).await?)),
        Request::Backup(to) => backup::run(to, services).await,
        Request::Mail(ask) => mail::execute(ask, call.octets, caller, services, language).await.map(Reply::Mail),
        Request::Act(asked) => act(*asked, caller, services, language).await,
    }
}

/// The person meant; where several may be, all of them are named in the failure.
pub(super) fn find<'s>(who: &str, snapshot: &'s Snapshot, language: Language) -> Result<&'s Staff, Failure> {
    snapshot.find(who).map_err(|error| Failure::refused(&Refusal::of_find(error, snapshot), snapshot, language))
}

async fn mailboxes(services: &Services, snapshot: &Snapshot) -> Result<Reply, Failure> {
    let mut mailboxes = Vec::new();
    for mailbox in snapshot.all_mailboxes() {
        let used = services.provisioning.store.usage(mailbox.id).await?;
        mailboxes.push(MailboxView::of(mailbox, used, snapshot, &services.provisioning.settings.organisation));
    }
    Ok(Reply::MailboxList { mailboxes })
}

async fn mailbox(
    address: &Address,
    services: &Services,
    snapshot: &Snapshot,
    language: Language,
) -> Result<Reply, Failure> {
    let mailbox = held(address, snapshot, language)?;
    let used = services.provisioning.store.usage(mailbox.id).await?;
    Ok(Reply::Mailbox {
        mailbox: MailboxView::of(mailbox, used, snapshot, &services.provisioning.settings.organisation),
    })
}

async fn manifest(
    address: &Address,
    services: &Services,
    snapshot: &Snapshot,
    language: Language,
) -> Result<Reply, Failure> {
    let mailbox = held(address, snapshot, language)?.id;
    let manifest = services.provisioning.store.manifest(mailbox).await?;
    let unfinished = services.provisioning.unfinished(&mut *services.provisioning.db.read().await?, mailbox).await?;
    Ok(Reply::MailboxManifest(ManifestView::of(address, manifest, unfinished)))
}

/// The mailbox of an address.
pub(super) fn held<'s>(address: &Address, snapshot: &'s Snapshot, language: Language) -> Result<&'s Mailbox, Failure> {
    let unknown = || Failure::unknown("mailbox_unknown", ("hộp thư", "mailbox"), &address.to_string(), language);
    snapshot.holder(address).ok_or_else(unknown)
}

/// Does an act, or only tells what it would do.
async fn act(asked: Asked, caller: &Caller, services: &Services, language: Language) -> Result<Reply, Failure> {
    let order = Order {
        password: asked.password,
        note: asked.note,
        ..Order::new(&caller.actor(), asked.decision, vec![asked.act])
    };
    carry_out(order, asked.manner, asked.slip, services, language).await
}

/// Does what is ordered, or only tells what it would do.
pub(super) async fn carry_out(
    order: Order,
    manner: Manner,
    form: SlipForm,
    services: &Services,
    language: Language,
) -> Result<Reply, Failure> {
    let decision = order.decision.clone();
    let chosen = order.password.is_some();
    let provisioning = &services.provisioning;
    let done = match manner {
        Manner::Apply => provisioning.execute(order).await,
        Manner::Rehearse => provisioning.rehearse(order).await,
    };
    let snapshot = provisioning.directory.snapshot();
    let done = done.map_err(|failure| Failure::act(&failure, &snapshot, language))?;
    let mut view = Done {
        dry_run: manner == Manner::Rehearse,
        decision: decision.map(|decision| DecisionView { id: done.decision, state: done.state, decision }),
        ..Done::default()
    };
    for applied in done.acts {
        tell(&mut view, &applied, &snapshot, language);
        // What waits for its day is handed over then.
        for handover in applied.handovers.iter().filter(|_| done.state == DecisionState::Applied) {
            let minutes = Minutes::of(handover, &provisioning.settings.organisation);
            let record = match form {
                SlipForm::Text => minutes.text(),
                SlipForm::Html => minutes.html(),
            };
            view.handovers.push(HandoverView::of(handover, record));
        }
        view.device_passwords.extend(applied.machines.iter().map(MachineView::of));
        // What was only rehearsed opens nothing, and whoever chose a password knows it.
        if let (Some(slip), Manner::Apply, false) = (&applied.slip, manner, chosen) {
            view.first_password = Some(slip.password.expose().to_owned());
            view.slip = Some(match form {
                SlipForm::Text => slip.text(language),
                SlipForm::Html => slip.html(language),
            });
        }
    }
    Ok(Reply::Done(Box::new(view)))
}

fn tell(view: &mut Done, applied: &Applied, snapshot: &Snapshot, language: Language) {
    view.steps.extend(applied.steps.iter().map(|step| StepView::of(step, language)));
    // Of a rehearsal, and of what waits for its day, nothing is there to be shown.
    let waits = view.decision.as_ref().is_some_and(|decision| decision.state == DecisionState::Waiting);
    if view.dry_run || waits {
        return;
    }
    let (staff, unit) = (applied.subject.staff, applied.subject.unit);
    view.mailbox = applied.subject.mailbox.and_then(|id| snapshot.mailbox(id)).map(Mailbox::shown);
    view.staff = staff.and_then(|id| snapshot.staff(id)).map(|person| StaffView::of(person, snapshot));
    view.unit = unit.and_then(|id| snapshot.unit(id)).map(|unit| UnitView::of(unit, snapshot));
}

async fn status(services: &Services, snapshot: &Snapshot, language: Language) -> Result<Status, Failure> {
    let db = &services.provisioning.db;
    let counts = crate::queue::counts(&mut *db.read().await?).await?;
    let open = |listener: &Listener| (listener.name().to_owned(), services.metrics.sessions(*listener).get());
    Ok(Status {
        running: services.running_since.is_some(),
        sessions: Listener::ALL.iter().map(open).collect(),
        queue: QueueStatus {
            waiting: counts.waiting,
            held: counts.held,
            oldest: counts.oldest,
            down: queue::down(services),
        },
        store: StoreStatus {
            mailboxes: snapshot.all_mailboxes().filter(|m| m.state != MailboxState::Removed).count(),
            database_bytes: std::fs::metadata(db.path()).map_or(0, |m| m.len()),
            wal_bytes: db.wal_bytes(),
            free_bytes: alarms::free_bytes(db.path()).unwrap_or_default(),
        },
        alarms: alarms::all(services, language).await?,
    })
}
