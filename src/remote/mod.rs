//! Another server's mailbox.
