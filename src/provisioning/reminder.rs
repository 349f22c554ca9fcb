//! What the head of a unit is told each morning: which mail to the unit is overdue (R26).

use jiff::tz::TimeZone;

use super::{Provisioning, welcome};
use crate::address::Address;
use crate::directory::{Mailbox, MailboxState, Owner, Snapshot};
use crate::limits;
use crate::mime::compose::{ComposeError, Note, Party};
use crate::store::{self, Append, Item, Items, StoreError};
use crate::text::one_line;

impl Provisioning {
    /// Tells whoever answers for a unit's or the department's mailbox what is overdue in it, once a day on which the office
    /// works; returns for how many mailboxes.
    pub async fn remind(&self) -> Result<usize, StoreError> {
        let (snapshot, terms, today) = (self.directory.snapshot(), &self.settings.work, self.clock.today());
        if !terms.workdays.includes(today) {
            return Ok(0);
        }
        let mut told = 0;
        for mailbox in snapshot.all_mailboxes().filter(|mailbox| mailbox.holds_work()) {
            let undone_before = Some(terms.overdue_before(&self.clock));
            let overdue = Items { mailbox: Some(mailbox.id), undone_before, ..Items::default() };
            let items = store::items(&mut *self.db.read().await?, &overdue).await?;
            let copies = if items.is_empty() { Vec::new() } else { self.copies(mailbox, &items, &snapshot).await? };
            if copies.is_empty() {
                continue;
            }
            let (store, id) = (self.store.clone(), mailbox.id);
            let written = self.db.write(move |tx| {
                Box::pin(async move {
                    let is_new = store::remind(tx, id, today).await?;
                    if is_new {
                        store::append_in(tx, &store, copies).await?;
                    }
                    Ok::<_, StoreError>(usize::from(is_new))
                })
            });
            told += written.await?;
        }
        Ok(told)
    }

    /// One message for each who answers for the mailbox.
    async fn copies(&self, of: &Mailbox, items: &[Item], snapshot: &Snapshot) -> Result<Vec<Append>, StoreError> {
        let mut copies = Vec::new();
        for steward in snapshot.stewards(of) {
            let own = snapshot.of(Owner::Staff(steward)).filter(|own| own.state == MailboxState::Open);
            let Some((own, person)) = own.zip(snapshot.staff(steward)) else { continue };
            let Some(address) = own.primary() else { continue };
            match self.reminder(of, items, Party { name: person.name.as_str(), address }, snapshot) {
                Ok(text) => {
                    copies.push(welcome::copy(text, self.store.inbox(own.id).await?, address, &self.clock));
                }
                Err(error) => tracing::warn!(%error, mailbox = %of.id, "somebody is not told what is overdue"),
            }
        }
        Ok(copies)
    }

    fn reminder(
        &self,
        of: &Mailbox,
        items: &[Item],
        to: Party<'_>,
        snapshot: &Snapshot,
    ) -> Result<Vec<u8>, ComposeError> {
        let lines = |item: &Item| {
            let since = day(item, self.clock.zone());
            let who = match (item.taken_by.and_then(|staff| snapshot.staff(staff)), item.taken_at) {
                (Some(person), _) => person.name.to_string(),
                (None, Some(_)) => "không rõ".to_owned(),
                (None, None) => "chưa ai nhận".to_owned(),
            };
            let (subject, from) = (one_line(&item.subject), one_line(&item.sender));
            format!("Việc {}: {subject}\n  Người gửi: {from}\n  Ngày đến: {since}\n  Người xử lý: {who}\n\n", item.id)
        };
        let shown: String = items.iter().take(limits::ITEMS_REMINDED_MAX).map(lines).collect();
        let more = match items.len().saturating_sub(limits::ITEMS_REMINDED_MAX) {
            0 => String::new(),
            more => format!("Và {more} việc khác.\n\n"),
        };
        let address = of.primary().map(Address::to_string).unwrap_or_default();
        let text = format!(
            "Kính gửi {name},\n\n\
             {count} thư gửi tới {address} đã quá hạn trả lời ({days} ngày làm việc):\n\n{shown}{more}\
             Thư đã trả lời từ {address}, đã lưu trữ hoặc được đánh dấu $Done thì không còn trong danh sách này.\n",
            name = to.name,
            count = items.len(),
            days = self.settings.work.answer_within,
        );
        let domain = to.address.domain().clone();
        let postmaster = Address::new("postmaster", domain).unwrap_or_else(|_| to.address.clone());
        Note {
            from: Party { name: &self.settings.organisation, address: &postmaster },
            to: &[to],
            subject: &format!("Thư quá hạn trả lời: {} việc", items.len()),
            text: &text,
            html: None,
            date: &self.clock.zoned(),
            unique: &format!("overdue-{}.{}", of.id, self.clock.now().as_nanosecond()),
        }
        .write()
    }
}

fn day(item: &Item, zone: &TimeZone) -> String {
    item.arrived.to_zoned_datetime(zone.clone()).strftime("%d/%m/%Y").to_string()
}
