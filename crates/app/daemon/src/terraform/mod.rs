//! The Terraform gate in the house: its cells, its keys, its doors.

mod adopt;
mod command;
mod house;
mod stage;
mod state_door;

use std::{path::PathBuf, sync::Arc};

use interlock_flow::{Journal, Road};
use interlock_gateway_aws::AwsGateway;
use interlock_gateway_terraform::{Gate, Program, States};
use interlock_store::{Blobs, Store};

pub(crate) use command::{shims, terraform};
pub(crate) use stage::Stage;
pub(crate) use state_door::routes;

use crate::{clock::System, config::TerraformConfig, home::HomePaths};

/// By this line what stands in Terraform's place is known.
pub const STANDS: &str = "# Interlock's gate stands here in Terraform's place.";

/// What agents call it.
pub const NAMES: [&str; 2] = ["terraform", "tofu"];

/// The gate, where there is a Terraform.
pub(crate) fn gate(
    road: &Arc<Road>,
    store: &Arc<Store>,
    doors: (AwsGateway, Option<Stage>),
    paths: &HomePaths,
    (config, region, blobs): (&TerraformConfig, &str, Blobs),
) -> Option<Arc<Gate>> {
    let program = match &config.program {
        Some(path) => Some(Program::new(path.clone(), config.plugins.clone())),
        None => Program::found().map(|found| match &config.plugins {
            Some(plugins) => Program::new(found.path().to_owned(), Some(plugins.clone())),
            None => found,
        }),
    }?;
    // What a run that was cut off left behind is nobody's.
    let _ = std::fs::remove_dir_all(paths.workshop());
    let relay = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("interlock"));
    let house = Arc::new(house::InHouse::new(doors, paths.clone(), blobs, (relay, region.to_owned())));
    let journal = Arc::clone(store) as Arc<dyn Journal>;
    let states = Arc::new(States::new(journal, Arc::new(System), Arc::clone(&house) as _));
    Some(Arc::new(Gate::new(Arc::clone(road), states, house, program)))
}

#[cfg(test)]
mod tests;
