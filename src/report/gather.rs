//! The records of a month, put together into one value.

use jiff::ToSpan;
use jiff::civil::Date;

use super::acts::Acts;
use super::{Day, Health, Incidents, Limits, Mail, Month, Owed, People, Report, Reports, Sample, Storage, Work};
use crate::db::{Connection, DbError};
use crate::directory::{DecisionState, Mailbox, MailboxState, Owner, Recorded, Snapshot, StaffState};
use crate::figure::{self, Figure, Figures};
use crate::incident::{self, State};
use crate::limits;
use crate::period::Period;
use crate::store::{self, Tally};

/// What others know of the month.
#[derive(Clone, Debug)]
pub struct Known {
    /// What units owed.
    pub duties: Vec<Owed>,
    /// What came before this second is overdue, if it is not done.
    pub overdue_before: i64,
    /// How the system is.
    pub health: Health,
}

impl Reports {
    /// The report of a month, as things stand now.
    pub async fn gather(&self, month: Month, known: Known) -> Result<Report, DbError> {
        let (snapshot, zone, today) = (self.directory.snapshot(), self.clock.zone(), self.clock.today());
        let mut reader = self.db.read().await?;
        let mut acts = Acts::of(&mut reader, (month, zone), &snapshot).await?;
        let recorded = Recorded::list(&mut reader).await?;
        let waiting = recorded.iter().filter(|decision| decision.state == DecisionState::Waiting).count();
        // The first day after the month shows how its last one ended.
        let after = month.last().saturating_add(1.day());
        let figures = figure::between(&mut reader, (month.first(), after)).await?;
        let of_month: Vec<(Date, Option<&Figures>)> = month.days().map(|day| (day, figures.get(&day))).collect();
        let total = |figure| {
            let mut known = of_month.iter().filter_map(|(_, figures)| *figures).peekable();
            known.peek().is_some().then(|| known.map(|figures| figures.of(figure)).sum())
        };
        let traffic: Vec<Day> =
            of_month.iter().map(|(day, figures)| Day { day: *day, mail: figures.map(mail) }).collect();
        let office = snapshot.office().map_or_else(String::new, |office| office.name.clone());
        Ok(Report {
            month,
            organisation: snapshot.department().name.clone(),
            office,
            made_at: self.clock.now(),
            through: month.last().min(today),
            people: people(&snapshot, &acts),
            decisions: acts.applied(recorded),
            decisions_waiting: waiting,
            duties: known.duties,
            work: work(&mut reader, &snapshot, (month, self), known.overdue_before).await?,
            incidents: incidents(&mut reader, (month, self)).await?,
            limits: Limits { held: total(Figure::Held), refused: total(Figure::Refused), bursts: acts.bursts },
            traffic_total: sum(&traffic),
            traffic,
            storage: storage(figures.iter().filter_map(|(day, figures)| sample(*day, figures)).collect()),
            health: known.health,
        })
    }

    /// Measures what is kept, once a day, and ends the oldest figures.
    pub async fn measure(&self) -> Result<(), DbError> {
        let today = self.clock.today();
        let mut reader = self.db.read().await?;
        let known = figure::between(&mut reader, (today, today)).await?;
        if known.get(&today).is_some_and(|figures| figures.measured(Figure::MailOctets).is_some()) {
            return Ok(());
        }
        let mail = store::octets(&mut reader).await?;
        drop(reader);
        let file = tokio::fs::metadata(self.db.path()).await.map_or(0, |file| file.len()) + self.db.wal_bytes();
        let measured = [(Figure::MailOctets, mail), (Figure::DatabaseOctets, file)].into_iter().collect();
        let before = Period::months(limits::FIGURES_KEPT_MONTHS).before(today);
        let written = self.db.write(move |tx| {
            Box::pin(async move {
                figure::measure(tx, today, &measured).await?;
                figure::purge(tx, before).await
            })
        });
        written.await
    }

    /// Counts something that happened now.
    pub async fn count(&self, figure: Figure) -> Result<(), DbError> {
        figure::count_one(&self.db, self.clock.today(), figure).await
    }
}

fn people(snapshot: &Snapshot, acts: &Acts) -> People {
    let people = |state| snapshot.all_staff().filter(|person| person.state == state).count();
    let open = |of: fn(&Owner) -> bool| {
        let open = snapshot.all_mailboxes().filter(|mailbox| mailbox.state == MailboxState::Open);
        open.filter(|mailbox| of(&mailbox.owner)).count()
    };
    People {
        active: people(StaffState::Active),
        suspended: people(StaffState::Suspended),
        staff_mailboxes: open(|owner| matches!(owner, Owner::Staff(_))),
        unit_mailboxes: open(|owner| matches!(owner, Owner::Unit(_))),
        department_mailboxes: open(|owner| matches!(owner, Owner::Department)),
        closed_mailboxes: snapshot.all_mailboxes().filter(|mailbox| mailbox.state == MailboxState::Closed).count(),
        moved: acts.moved(),
        mailboxes_opened: acts.mailboxes_opened,
        mailboxes_removed: acts.mailboxes_removed,
    }
}

async fn work(
    connection: &mut Connection,
    snapshot: &Snapshot,
    (month, reports): (Month, &Reports),
    overdue_before: i64,
) -> Result<Vec<Work>, DbError> {
    let tallies = store::tally(connection, month.seconds(reports.clock.zone()), overdue_before).await?;
    let line = |mailbox: &Mailbox| {
        let Tally { arrived, taken, done, open, overdue, median_seconds } =
            tallies.get(&mailbox.id).copied().unwrap_or_default();
        let name = match mailbox.owner {
            Owner::Unit(unit) => snapshot.unit(unit).map(|unit| unit.name.clone()),
            Owner::Staff(_) | Owner::Department => Some(snapshot.department().name.clone()),
        };
        let (address, name) = (mailbox.primary().cloned(), name.unwrap_or_default());
        Work { address, name, arrived, taken, done, median_seconds, open, overdue }
    };
    Ok(snapshot.all_mailboxes().filter(|mailbox| mailbox.holds_work()).map(line).collect())
}

async fn incidents(connection: &mut Connection, (month, reports): (Month, &Reports)) -> Result<Incidents, DbError> {
    let span = month.seconds(reports.clock.zone());
    let list = incident::touching(connection, &span).await?;
    Ok(Incidents {
        opened: list.iter().filter(|incident| span.contains(&incident.at)).count(),
        closed: list.iter().filter(|incident| incident.closed_at.is_some_and(|at| span.contains(&at))).count(),
        open: list.iter().filter(|incident| incident.state == State::Open).count(),
        list,
    })
}

fn mail(figures: &Figures) -> Mail {
    Mail {
        received: figures.of(Figure::Received),
        submitted: figures.of(Figure::Submitted),
        relayed: figures.of(Figure::Relayed),
        bounced: figures.of(Figure::Bounced),
    }
}

fn sum(traffic: &[Day]) -> Option<Mail> {
    traffic.iter().filter_map(|day| day.mail).reduce(|mut sum, more| {
        sum += more;
        sum
    })
}

fn sample(day: Date, figures: &Figures) -> Option<Sample> {
    let mail_octets = figures.measured(Figure::MailOctets)?;
    Some(Sample { day, mail_octets, database_octets: figures.measured(Figure::DatabaseOctets)? })
}

fn storage(samples: Vec<Sample>) -> Storage {
    let (first, last) = (samples.first(), samples.last());
    let growth = first.zip(last).filter(|(first, last)| first.day < last.day);
    let signed = |octets: u64| i64::try_from(octets).unwrap_or(i64::MAX);
    let growth_octets = growth.map(|(first, last)| signed(last.mail_octets) - signed(first.mail_octets));
    Storage { samples, growth_octets }
}
