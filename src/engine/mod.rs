//! `Hit`, time → `Alert`: groups, detectors and incidents, with time as an argument.

mod settings;

pub use settings::{Debounce, Detector, EngineSettings, GroupWord};
