//! `check`: everything that must hold, looked at one by one.

use jiff::Timestamp;

use crate::db::DbError;
use crate::language::Language;
use crate::{queue, store};

use super::execute::Services;
use super::reply::{Checked, Checks};
use super::surroundings::Way;
use super::{alarms, dns};

/// Looks at the database, what it holds, the certificate, the clock and the disk, and at what lies on the way out.
pub(super) async fn run(services: &Services, language: Language) -> Checks {
    let now = services.provisioning.clock.now();
    let (names, ways, filters) =
        tokio::join!(dns::probe(services, language), ways(services, language), services.filters.probe());
    let filters = filters.into_iter().map(|(name, found)| filter(&name, found, language));
    let here = [
        Checked::new("certificate", alarms::certificate(&services.certificate, now, language)),
        Checked::new("clock", clock(now, language)),
        Checked::new("disk_space", alarms::disk_space(services.provisioning.db.path(), language)),
        Checked::new("database", database(services).await),
        Checked::new("store", store(services).await),
        Checked::new("queue", mail_queue(services).await),
        Checked::new("directory", directory(services).await),
        Checked::new("audit", audit(services, language).await),
        Checked::new("dns", names),
    ];
    here.into_iter().chain(ways).chain(filters).collect()
}

/// Every route, tried as for mail.
async fn ways(services: &Services, language: Language) -> Vec<Checked> {
    let tried = match services.surroundings.ways().await {
        Ok(tried) => tried,
        Err(error) => return vec![Checked::new("routes", Err(error))],
    };
    let checked = |Way { name, server, found }: Way| {
        let found = found.map_err(|error| match language {
            Language::Vi => format!(
                "không gửi được qua {server}: {error}; kiểm tra đường mạng tới đó, host, port, tls của đường này"
            ),
            Language::En => format!(
                "no mail by {server}: {error}; look at the network to it, and at host, port and tls of this route"
            ),
        });
        Checked::new(&name, found)
    };
    tried.into_iter().map(checked).collect()
}

/// Whether a filter answers.
fn filter(name: &str, found: Result<(), String>, language: Language) -> Checked {
    let answers = match language {
        Language::Vi => "trả lời",
        Language::En => "answers",
    };
    let found = found.map(|()| format!("{name}: {answers}")).map_err(|why| format!("{name}: {why}"));
    Checked::new("filter", found)
}

/// A clock before this program was written was never set.
fn clock(now: Timestamp, language: Language) -> Result<String, String> {
    let written = jiff::civil::date(2026, 1, 1).to_zoned_datetime(jiff::tz::TimeZone::UTC).map(|z| z.timestamp());
    match (written, language) {
        (Ok(written), _) if now >= written => Ok(now.to_string()),
        (_, Language::Vi) => Err(format!("đồng hồ chỉ {now}: chưa được đặt giờ")),
        (_, Language::En) => Err(format!("the clock says {now}: it was never set")),
    }
}

async fn database(services: &Services) -> Result<String, String> {
    outcome(services.provisioning.db.damage().await)
}

async fn store(services: &Services) -> Result<String, String> {
    let violations = async { store::check(&mut *services.provisioning.db.read().await?).await };
    outcome(violations.await)
}

async fn mail_queue(services: &Services) -> Result<String, String> {
    let violations = async { queue::check(&mut *services.provisioning.db.read().await?).await };
    outcome(violations.await)
}

async fn directory(services: &Services) -> Result<String, String> {
    outcome(services.provisioning.directory.check().await)
}

async fn audit(services: &Services, language: Language) -> Result<String, String> {
    let verified = services.keeper.verify().await.map_err(|error| error.to_string())?;
    match (verified.broken_at, language) {
        (None, Language::Vi) => Ok(format!("{} mục", verified.entries)),
        (None, Language::En) => Ok(format!("{} entries", verified.entries)),
        (Some(place), Language::Vi) => Err(format!("chuỗi băm bị đứt ở mục {place}")),
        (Some(place), Language::En) => Err(format!("the chain is broken at entry {place}")),
    }
}

/// Nothing found is well; the first of what was found is shown with how many there are.
fn outcome<V: std::fmt::Debug>(found: Result<Vec<V>, DbError>) -> Result<String, String> {
    match found {
        Ok(violations) => match violations.first() {
            None => Ok("ok".to_owned()),
            Some(first) => Err(format!("{} x {first:?}", violations.len())),
        },
        Err(error) => Err(error.to_string()),
    }
}
