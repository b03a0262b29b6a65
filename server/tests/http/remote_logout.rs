//! Remote logout, from the remote logout to the last cookie of the last device.

mod at_once;
mod chains;
mod everywhere_else;
mod facts;
mod plans;
mod replays;
mod slow_bodies;
mod stale_forms;
mod this_device;
