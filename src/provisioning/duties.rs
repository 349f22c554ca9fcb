//! A unit's own day for a section, set by the Office with its entry in the audit (R6).

use serde_json::json;

use super::Provisioning;
use super::by::{By, enter};
use crate::audit::{self, Entry};
use crate::db::DbError;
use crate::directory::Unit;
use crate::duty::{self, OwnDay};

impl Provisioning {
    /// Sets by when a unit publishes in a section from now on.
    pub async fn set_duty(&self, unit: &Unit, section: String, due: String, by: By) -> Result<OwnDay, DbError> {
        let (now, since, subject) = (self.clock.now().as_second(), self.clock.today(), format!("unit:{}", unit.id));
        let day = OwnDay { unit: unit.id, section, due, since };
        let By { actor, note, manner } = by;
        let written = enter(&self.db, manner, move |tx| {
            Box::pin(async move {
                let before = duty::set(tx, &day).await?;
                let said = |due: &str| json!({ "section": &day.section, "due": due });
                let (before, after) = (before.as_deref().map(said), Some(said(&day.due)));
                let (at, what, decision) = (now, "duty.set", None);
                audit::append(tx, vec![Entry { at, actor, what, subject, decision, note, before, after }]).await?;
                Ok(day)
            })
        });
        written.await
    }
}
