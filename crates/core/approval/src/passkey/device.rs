//! What an authenticator says of itself. Source: Web Authentication Level 3, §6.1.

use sha2::{Digest as _, Sha256};

use super::{Site, bad};
use crate::Refusal;

/// Somebody was there.
const PRESENT: u8 = 0x01;
/// Who was there was checked.
const VERIFIED: u8 = 0x04;
/// The key may be copied to other devices.
const MAY_BE_COPIED: u8 = 0x08;
/// It has been.
const IS_COPIED: u8 = 0x10;
/// A new key follows.
pub(super) const HAS_KEY: u8 = 0x40;

/// The authenticator's data, somebody verified being there.
pub(super) struct DeviceData<'d> {
    flags: u8,
    /// How often it has signed, as it says.
    pub(super) counter: u32,
    /// What follows.
    pub(super) rest: &'d [u8],
}

impl<'d> DeviceData<'d> {
    pub(super) fn read(device: &'d [u8], site: &Site) -> Result<Self, Refusal> {
        let short = || bad("what the authenticator says of it is too short");
        let (of, after) = device.split_at_checked(32).ok_or_else(short)?;
        let (flags, after) = after.split_first().ok_or_else(short)?;
        let (count, rest) = after.split_at_checked(4).ok_or_else(short)?;
        if of != Sha256::digest(site.id.as_bytes()).as_slice() {
            return Err(bad("it was made for another site"));
        }
        let counter = u32::from_be_bytes(count.try_into().map_err(|_| short())?);
        let said = Self { flags: *flags, counter, rest };
        if !said.has(PRESENT) {
            return Err(Refusal::Presence("that somebody was there"));
        }
        if !said.has(VERIFIED) {
            return Err(Refusal::Presence("who was there"));
        }
        if said.has(IS_COPIED) && !said.has(MAY_BE_COPIED) {
            return Err(bad("what the authenticator says of it contradicts itself"));
        }
        Ok(said)
    }

    pub(super) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub(super) fn is_device_bound(&self) -> bool {
        !self.has(MAY_BE_COPIED)
    }
}
