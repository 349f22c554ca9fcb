//! What every door needs of a connection: bounded lines and data, TLS, compression, logins, and who may connect.

mod anybody;
mod clients;
mod deflate;
pub mod listen;
pub mod outward;
pub mod resolver;
pub mod sasl;
mod stream;
pub mod tls;
pub mod wire;

pub use clients::{Clients, Fingerprint};
pub use listen::Gate;
pub use stream::Stream;
pub use tls::Tls;
pub use wire::{Wire, WireError};
