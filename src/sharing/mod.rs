//! What units share with each other, and what they owe to it (R5-R8).

pub mod schedule;
