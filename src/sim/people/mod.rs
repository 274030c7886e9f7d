//! Those who call, those who answer, and those who are called: each reacts to what it hears and
//! does what its script or its whim says.

mod citizen;
pub(crate) use citizen::{Citizen, CitizenAct};
mod worker;
pub(crate) use worker::{Worker, WorkerAct};
mod far;
pub(crate) use far::FarAct;
mod kept;
mod oddities;
pub(crate) use oddities::Odd;
