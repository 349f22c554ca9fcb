//! Annotations of folders and of the server (RFC 5464): for everybody who may see the folder, or for one person.

use sqlx::Row;

use super::json::{list, sql};
use super::{SpecialUse, Store, StoreError};
use crate::db::{DbError, Tx};
use crate::id::{FolderId, StaffId};
use crate::limits;

/// An annotation that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// Of which folder; `None` for the server's.
    pub folder: Option<FolderId>,
    /// Whose, where it is not for everybody.
    pub owner: Option<StaffId>,
    /// Its name, without what says whose it is.
    pub entry: String,
    /// What it says.
    pub value: Vec<u8>,
}

/// What becomes of one annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Whose it is; `None` for everybody's.
    pub owner: Option<StaffId>,
    /// Its name.
    pub entry: String,
    /// What it is to say; `None` removes it.
    pub value: Option<Vec<u8>>,
}

impl Store {
    /// The annotations of folders that a person sees, at most [`limits::ANNOTATED_FOLDERS_MAX`] a call for bounded
    /// memory. `staff`: `None` sees only what is for everybody.
    pub async fn annotations(
        &self,
        folders: &[FolderId],
        staff: Option<StaffId>,
    ) -> Result<Vec<Annotation>, StoreError> {
        let mut reader = self.db.read().await?;
        let rows = sqlx::query(
            "SELECT a.folder_id, a.staff_id, a.entry, a.value FROM json_each(?1) r \
             CROSS JOIN annotation a ON a.folder_id = r.value WHERE a.staff_id IS NULL OR a.staff_id = ?2 \
             ORDER BY r.key, a.entry",
        )
        .bind(list(folders.iter().map(|folder| folder.0)))
        .bind(staff)
        .fetch_all(&mut *reader)
        .await
        .map_err(DbError::from)?;
        Ok(read(&rows)?)
    }

    /// A person's own annotations of the server.
    pub async fn server_annotations(&self, staff: StaffId) -> Result<Vec<Annotation>, StoreError> {
        let mut reader = self.db.read().await?;
        let rows = sqlx::query(
            "SELECT folder_id, staff_id, entry, value FROM annotation WHERE staff_id = ? AND folder_id IS NULL ORDER BY entry",
        )
        .bind(staff)
        .fetch_all(&mut *reader)
        .await
        .map_err(DbError::from)?;
        Ok(read(&rows)?)
    }

    /// Makes, changes and removes annotations of a folder, or of the server where `folder` is `None`; with them the
    /// folder's special use, if it is named. All or none.
    ///
    /// # Errors
    /// [`StoreError::AnnotationTooLong`], [`StoreError::TooManyAnnotations`]; [`StoreError::UseTaken`] where another
    /// folder of the mailbox has the use.
    pub async fn annotate(
        &self,
        folder: Option<FolderId>,
        notes: Vec<Note>,
        special_use: Option<Option<SpecialUse>>,
    ) -> Result<(), StoreError> {
        let too_long = |note: &Note| note.value.as_ref().is_some_and(|v| v.len() > limits::ANNOTATION_BYTES_MAX);
        if notes.iter().any(too_long) {
            return Err(StoreError::AnnotationTooLong);
        }
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    for note in &notes {
                        write(tx, folder, note).await?;
                    }
                    match (folder, special_use) {
                        (Some(folder), Some(special_use)) => super::folder::set_use(tx, folder, special_use).await,
                        _ => Ok(()),
                    }
                })
            })
            .await
    }
}

/// One statement each: a command has a few, and no client has many.
async fn write(tx: &mut Tx, folder: Option<FolderId>, note: &Note) -> Result<(), StoreError> {
    let set = |statement| sqlx::query(statement).bind(folder).bind(note.owner).bind(&note.entry);
    let Some(value) = &note.value else {
        let gone = set("DELETE FROM annotation WHERE folder_id IS ?1 AND staff_id IS ?2 AND entry = ?3");
        gone.execute(tx.connection()).await.map_err(DbError::from)?;
        return Ok(());
    };
    let changed = set("INSERT INTO annotation SELECT ?1, ?2, ?3, ?4 \
         WHERE (SELECT count(*) FROM annotation WHERE folder_id IS ?1 AND staff_id IS ?2 AND entry <> ?3) < ?5 \
         ON CONFLICT (coalesce(folder_id, 0), coalesce(staff_id, 0), entry) DO UPDATE SET value = excluded.value")
    .bind(value)
    .bind(sql(limits::ANNOTATIONS_MAX));
    let changed = changed.execute(tx.connection()).await.map_err(DbError::from)?;
    if changed.rows_affected() == 0 { Err(StoreError::TooManyAnnotations) } else { Ok(()) }
}

/// What was noted about the INBOX goes with its messages when it is renamed, and stays (RFC 5464 §4.1).
pub(super) async fn copy(tx: &mut Tx, from: FolderId, to: FolderId) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO annotation SELECT ?2, staff_id, entry, value FROM annotation WHERE folder_id = ?1")
        .bind(from)
        .bind(to)
        .execute(tx.connection())
        .await
        .map_err(DbError::from)?;
    Ok(())
}

fn read(rows: &[sqlx::sqlite::SqliteRow]) -> Result<Vec<Annotation>, DbError> {
    let annotation = |row| {
        Ok(Annotation {
            folder: Row::try_get(row, 0)?,
            owner: Row::try_get(row, 1)?,
            entry: Row::try_get(row, 2)?,
            value: Row::try_get(row, 3)?,
        })
    };
    Ok(rows.iter().map(annotation).collect::<Result<_, sqlx::Error>>()?)
}
