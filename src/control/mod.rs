//! The control socket.
mod frame;
pub use frame::FrameError;
