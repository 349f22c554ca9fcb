//! The pages: for staff over HTTPS (R10, R17), and for monitoring over plain HTTP without login.
//!
//! The staff page works without JavaScript and has none. It is a door: it asks [`crate::access`] who somebody is and
//! [`crate::provisioning`] for every change, and shows what both say in the person's language.

mod account;
mod cookie;
mod delegates;
mod devices;
mod door;
mod form;
mod leak;
mod monitoring;
mod password;
mod serve;
mod session;
mod sign_in;
mod view;
mod visit;

pub use door::{Door, Pages, Transport};
pub use monitoring::{Services, monitoring};
pub use serve::{serve, serve_tls};
pub use session::Sessions;
