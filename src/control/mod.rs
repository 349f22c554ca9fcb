//! The administrator's door: one request, one response, over a Unix socket that only the daemon's owner may open.
//!
//! The command line sends a [`Request`] to the running daemon, or, where none runs, opens the database under the same
//! lock and calls [`execute`] itself: both run the same code.

mod alarms;
pub mod audit;
mod backup;
mod caller;
mod checks;
mod decisions;
pub mod dkim;
pub mod dns;
mod execute;
mod failure;
mod frame;
pub mod guide;
pub mod hr;
pub mod incident;
pub mod mail;
pub mod province;
pub mod queue;
mod reply;
pub mod report;
mod request;
pub mod requested;
mod rights;
pub mod share;
mod socket;
mod surroundings;
pub mod work;

pub use caller::{Caller, Origin};
pub use execute::{Services, execute};
pub use failure::{Exit, Failure, FaultView};
pub use frame::FrameError;
pub use reply::{
    Alarm, BackupView, Basis, Checked, Checks, DecisionDetail, DecisionView, Done, HandoverView, MachineView,
    MailboxView, ManifestView, QueueStatus, Reply, RightView, StaffView, Status, StepView, StoreStatus, UnitView,
};
pub use request::{Asked, Call, Manner, Request, SlipForm};
pub use socket::{CallError, Control, call, listens};
pub use surroundings::{Surroundings, Way};
