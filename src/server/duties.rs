//! What units share and owe, and what the Director hears of it: sections for new units, reminders of what is due (R5, R7, R26),
//! the monthly report (R30). Apart from what must be done on its day, which does not wait for it.

use super::look::Looks;
use crate::control::{self, Services};
use crate::db::DbError;
use crate::figure::Figure;
use crate::provisioning::Provisioning;
use crate::sharing::Sharing;
use crate::workday::MORNING;

/// Looks until the daemon drains.
pub(super) async fn run(mut looks: Looks) {
    let mut starting = true;
    while let Some(services) = looks.next().await {
        if std::mem::take(&mut starting) {
            written(services.reports.count(Figure::Starts).await);
        }
        written(services.reports.measure().await);
        shares(&services.sharing).await;
        if services.provisioning.clock.zoned().time() >= MORNING {
            work(&services.provisioning).await;
        }
        report(&services).await;
    }
}

/// Figures for the report.
fn written(figure: Result<(), DbError>) {
    if let Err(error) = figure {
        tracing::warn!(%error, "what the report shows of this day is not written down");
    }
}

/// The Director hears of the month before.
async fn report(services: &Services) {
    match control::report::send_due(services).await {
        Ok(to) if to.is_empty() => {}
        Ok(to) => tracing::info!(?to, "the monthly report is sent"),
        Err(error) => tracing::error!(%error, "the monthly report is not sent yet"),
    }
}

/// New units get their sections, messages of former years go to their folders, and heads hear what is due.
async fn shares(sharing: &Sharing) {
    match sharing.make().await {
        Ok(0) => {}
        Ok(made) => tracing::info!(made, "sections of shared folders made"),
        Err(error) => tracing::error!(%error, "sections of shared folders are still missing"),
    }
    match sharing.put_by_year().await {
        Ok(0) => {}
        Ok(messages) => tracing::info!(messages, "messages of former years put into folders of their years"),
        Err(error) => tracing::error!(%error, "messages of former years stay where they are for now"),
    }
    match sharing.remind().await {
        Ok(0) => {}
        Ok(heads) => tracing::info!(heads, "reminded of what is due"),
        Err(error) => tracing::error!(%error, "heads are not reminded of what is due yet"),
    }
}

/// Stewards hear what is overdue.
async fn work(provisioning: &Provisioning) {
    match provisioning.remind().await {
        Ok(0) => {}
        Ok(mailboxes) => tracing::info!(mailboxes, "people told what is overdue"),
        Err(error) => tracing::error!(%error, "people are not told what is overdue"),
    }
}
