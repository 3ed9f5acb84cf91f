//! The log as a folder that anybody with the verifier key can check: the layout of C2SP tlog-tiles, and beside it the
//! bodies. Whoever serves the folder serves a C2SP log. What each file holds is written down in `docs/ledger.md`.
//!
//! Written again, it takes in only what is new. The head comes last, so that what it signs is there whenever it is.

use std::{collections::BTreeSet, path::Path};

use interlock_ledger::{
    BODIES, BodyLine, Broken, CHECKPOINT_PATH, Checkpoint, Hash, HashReader as _, Held, Leaf, LedgerError,
    NoteVerifier, OPENED, OpenedState, Report, TILE_WIDTH, Tile, Witnesses, body_path, encode_bundle,
    encode_tile, levels, root_of, tiles,
};
use rusqlite::{Connection, Row, params};

use crate::{
    Reader, StoreError,
    folder::{Outside, Reading},
    schema::{self, StoredHashes},
    states,
};

/// What was exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Entries under the head that was written.
    pub entries: u64,
    /// Entries that the folder had before.
    pub before: u64,
    /// Files written.
    pub files: u64,
    /// Cosignatures of witnesses under the head.
    pub cosignatures: u64,
}

/// A bundle's rows.
struct Rows {
    hashes: Vec<Hash>,
    leaves: Vec<String>,
}

impl Reader {
    /// Writes the log, as it is at this moment, into a folder, or brings the folder up to date. Bodies are written as they
    /// are stored, encrypted; with `opened`, or where the folder has them already, private fields stand there in the
    /// clear, too, with the salts that their commitments are checked by, and the state changes. What a change found and left
    /// stays encrypted in the store: it may hold secrets that no entry shows.
    pub fn export(&self, folder: &Path, opened: bool) -> Result<Exported, StoreError> {
        let connection = self.lock();
        // One transaction, so that entries and head are of the same moment.
        let snapshot = connection.unchecked_transaction()?;
        let note = schema::last_checkpoint(&snapshot)?.ok_or(StoreError::Empty)?;
        let head = self.head(&note)?;
        let cosigned = schema::cosigned(&snapshot, head.size, &note)?;
        let before = self.exported(&snapshot, folder, &head)?;
        let mut outside = Outside::new(folder)?;
        let opened = opened || outside.has(&body_path(OPENED, 0), None);
        self.tiles(&snapshot, &mut outside, head.size, before)?;
        let redacted = redacted_since(&snapshot, before)?;
        for kind in [BODIES, OPENED].into_iter().take(if opened { 2 } else { 1 }) {
            self.bodies(&snapshot, &mut outside, kind, (head.size, before), &redacted)?;
        }
        outside.put("vkey", format!("{}\n", self.verifier()).as_bytes())?;
        outside.sync()?;
        outside.put(CHECKPOINT_PATH, cosigned.as_bytes())?;
        outside.sync()?;
        // A partial tile goes once the full one stands in its place.
        for level in 0..levels(before) {
            for tile in tiles(level, before, before >> (u32::from(level) * 8)).filter(|tile| !tile.is_full())
            {
                if head.size >> tile.tree_level() >= tile.full().start() + TILE_WIDTH {
                    outside.remove(&format!("{}.p", tile.full().path()))?;
                    if level == 0 {
                        outside.remove(&format!("{}.p", tile.full().bundle_path()))?;
                    }
                }
            }
        }
        let lines = cosigned.lines().count().saturating_sub(note.lines().count());
        let cosignatures = u64::try_from(lines).unwrap_or(u64::MAX);
        Ok(Exported { entries: head.size, before, files: outside.written, cosignatures })
    }

    /// How many entries of this very log the folder has already. One that has more, or others, is left alone.
    fn exported(&self, connection: &Connection, folder: &Path, head: &Checkpoint) -> Result<u64, StoreError> {
        let path = folder.join(CHECKPOINT_PATH);
        let note = match std::fs::read_to_string(&path) {
            Ok(note) => note,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(StoreError::io(&path)(error)),
        };
        let before = Checkpoint::open(&note, self.verifier())
            .map_err(|error| StoreError::Exported { path: path.clone(), why: error.to_string() })?;
        if before.size > head.size {
            return Err(Broken::RolledBack { exported: before.size, found: head.size }.into());
        }
        if root_of(&StoredHashes(connection), before.size)? != before.root {
            return Err(Broken::Forked { size: before.size }.into());
        }
        Ok(before.size)
    }

    /// Tiles and bundles that the folder does not have yet.
    fn tiles(
        &self,
        connection: &Connection,
        outside: &mut Outside<'_>,
        size: u64,
        before: u64,
    ) -> Result<(), StoreError> {
        for tile in tiles(0, size, 0) {
            let (path, bundle) = (tile.path(), tile.bundle_path());
            let old = tile.start() + tile.width <= before;
            if old && outside.has(&path, Some(tile.width * 32)) && outside.has(&bundle, None) {
                continue;
            }
            let rows = rows(connection, tile)?;
            outside.put(&bundle, &encode_bundle(rows.leaves.iter().map(String::as_bytes))?)?;
            outside.put(&path, &encode_tile(&rows.hashes))?;
        }
        let hashes = StoredHashes(connection);
        for tile in (1..levels(size)).flat_map(|level| tiles(level, size, 0)) {
            if tile.is_full() && outside.has(&tile.path(), Some(tile.width * 32)) {
                continue;
            }
            let of = tile.start()..tile.start() + tile.width;
            let nodes: Result<Vec<Hash>, StoreError> =
                of.map(|index| hashes.node(tile.tree_level(), index)).collect();
            outside.put(&tile.path(), &encode_tile(&nodes?))?;
        }
        Ok(())
    }

    /// Bodies of bundles that are new, or in which something was redacted.
    fn bodies(
        &self,
        connection: &Connection,
        outside: &mut Outside<'_>,
        kind: &str,
        (size, before): (u64, u64),
        redacted: &BTreeSet<u64>,
    ) -> Result<(), StoreError> {
        for tile in tiles(0, size, 0) {
            let path = body_path(kind, tile.index);
            let old = tile.start() + tile.width <= before;
            if old && !redacted.contains(&tile.index) && outside.has(&path, None) {
                continue;
            }
            let mut lines = String::new();
            let mut statement = connection.prepare_cached(
                "SELECT idx, hash, leaf, wrapped_secret, body, events FROM entry WHERE idx >= ?1 AND idx < ?2 ORDER BY idx",
            )?;
            let mut rows = statement.query(span(tile))?;
            while let Some(row) = rows.next()? {
                let line = if kind == OPENED { Some(self.opened(row)?) } else { sealed(row)? };
                lines.extend(line.map(|line| line.line()).transpose()?);
            }
            outside.put(&path, lines.as_bytes())?;
        }
        Ok(())
    }

    fn opened(&self, row: &Row<'_>) -> Result<BodyLine, StoreError> {
        let index = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(u64::MAX);
        let (hash, text): (Hash, String) = (row.get(1)?, row.get(2)?);
        let unreadable = |error: LedgerError| Broken::Unreadable { index, why: error.to_string() };
        let leaf = Leaf::parse(text.as_bytes()).map_err(unreadable)?;
        let events = row.get_ref(5)?.as_blob_or_null();
        let events = events.map_err(|error| Broken::Unreadable { index, why: error.to_string() })?;
        let opened = self.open_events(index, &hash, events)?;
        let private = self.open_row(index, &leaf, row.get(3)?, row.get(4)?)?;
        // Older entries hold states in their changes' own text.
        if opened.as_ref().is_some_and(states::shows_states) {
            return Ok(BodyLine::without_state(index, private));
        }
        Ok(BodyLine::opened(index, private, opened.as_ref().map(OpenedState::state)).map_err(unreadable)?)
    }
}

fn sealed(row: &Row<'_>) -> Result<Option<BodyLine>, StoreError> {
    let index = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(u64::MAX);
    let body: Option<Vec<u8>> = row.get(4)?;
    Ok(body.map(|body| BodyLine::sealed(index, &body)))
}

fn span(tile: Tile) -> [i64; 2] {
    [schema::key(tile.start()), schema::key(tile.start().saturating_add(tile.width))]
}

fn rows(connection: &Connection, tile: Tile) -> Result<Rows, StoreError> {
    let query = "SELECT hash, leaf FROM entry WHERE idx >= ?1 AND idx < ?2 ORDER BY idx";
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query(span(tile))?;
    let mut found = Rows { hashes: Vec::new(), leaves: Vec::new() };
    while let Some(row) = rows.next()? {
        found.hashes.push(row.get(0)?);
        found.leaves.push(row.get(1)?);
    }
    if u64::try_from(found.hashes.len()) == Ok(tile.width) {
        return Ok(found);
    }
    let why = format!("entries {} to {} are not all there", tile.start(), tile.start() + tile.width - 1);
    Err(Broken::Damaged(why).into())
}

/// The bundles in which something was redacted since the folder was written.
fn redacted_since(connection: &Connection, before: u64) -> Result<BTreeSet<u64>, StoreError> {
    let query =
        "SELECT leaf ->> '$.public.entry' FROM entry WHERE idx >= ?1 AND leaf ->> '$.kind' = 'redacted'";
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query(params![schema::key(before)])?;
    let mut bundles = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let entry: Option<i64> = row.get(0)?;
        bundles.extend(entry.and_then(|entry| u64::try_from(entry).ok()).map(|entry| entry / TILE_WIDTH));
    }
    Ok(bundles)
}

/// Verifies an exported folder: against a key, witnesses, and what was kept elsewhere.
pub fn verify_folder(
    folder: &Path,
    trusted: &NoteVerifier,
    witnesses: &Witnesses,
    held: &[Held],
) -> Result<Report, StoreError> {
    std::fs::read_dir(folder).map_err(StoreError::io(folder))?;
    Ok(interlock_ledger::verify_folder(&Reading(folder), trusted, witnesses, held)?)
}

/// What was kept elsewhere: a checkpoint's file, or a whole older folder, which must itself be right.
pub fn read_held(path: &Path, trusted: &NoteVerifier) -> Result<Held, StoreError> {
    let note = if path.is_dir() { path.join(CHECKPOINT_PATH) } else { path.to_owned() };
    let note = std::fs::read_to_string(&note).map_err(StoreError::io(&note))?;
    let leaves = if path.is_dir() {
        let report = verify_folder(path, trusted, &Witnesses::default(), &[]);
        Some(report.map_err(|why| StoreError::Held { path: path.to_owned(), why: why.to_string() })?.leaves)
    } else {
        None
    };
    Ok(Held { note, leaves })
}
