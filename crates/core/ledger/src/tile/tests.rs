//! Against the examples of the specification, and against the independent crate `tlog_tiles`.

use proptest::prelude::*;

use super::*;

#[test]
fn paths_are_those_of_the_specification() {
    assert_eq!(grouped(1_234_067), "x001/x234/067");
    assert_eq!(grouped(0), "000");
    assert_eq!(Tile { level: 1, index: 5, width: 17 }.path(), "tile/1/005.p/17");
    assert_eq!(Tile { level: 0, index: 1000, width: 256 }.bundle_path(), "tile/entries/x001/000");
}

#[test]
fn a_log_of_70_000_has_the_tiles_of_the_specification() {
    let shape = |level| {
        let all: Vec<Tile> = tiles(level, 70_000, 0).collect();
        (all.iter().filter(|tile| tile.is_full()).count(), all.last().map(|tile| tile.width))
    };
    assert_eq!(shape(0), (273, Some(112)));
    assert_eq!(shape(1), (1, Some(17)));
    assert_eq!(shape(2), (0, Some(1)));
    assert_eq!(levels(70_000), 3);
    let of_256: Vec<Tile> = (0..levels(256)).flat_map(|level| tiles(level, 256, 0)).collect();
    assert_eq!(of_256, [Tile { level: 0, index: 0, width: 256 }, Tile { level: 1, index: 0, width: 1 }]);
    assert_eq!((levels(0), tiles(0, 0, 0).count()), (0, 0));
}

proptest! {
    #[test]
    fn paths_are_those_of_the_independent_crate(level in 0..8_u8, index in 0..5_000_000_u64, width in 1..=256_u64) {
        let tile = Tile { level, index, width };
        let other = tlog_tiles::Tile::new(8, level, index, u32::try_from(width).unwrap(), false);
        // It writes the height into its paths, which the specification does not.
        prop_assert_eq!(tile.path(), other.path().replacen("tile/8/", "tile/", 1));
    }

    #[test]
    fn new_tiles_are_those_of_the_independent_crate(old in 0..200_000_u64, more in 1..70_000_u64) {
        let new = old + more;
        let mut ours: Vec<Tile> = (0..levels(new))
            .flat_map(|level| tiles(level, new, old >> (u32::from(level) * 8)))
            .collect();
        // A level whose hashes are as many as before has nothing new.
        ours.retain(|tile| (tile.start() + tile.width) > old >> tile.tree_level());
        let theirs = tlog_tiles::Tile::new_tiles(8, old, new);
        let theirs: Vec<Tile> = theirs
            .iter()
            .map(|tile| Tile { level: tile.level(), index: tile.level_index(), width: tile.width().into() })
            .collect();
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn bundles_are_read_back(leaves in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..20)) {
        let bytes = encode_bundle(leaves.iter().map(Vec::as_slice)).unwrap();
        prop_assert_eq!(decode_bundle(&bytes).unwrap(), leaves.iter().map(Vec::as_slice).collect::<Vec<_>>());
        if !bytes.is_empty() {
            let cut = decode_bundle(&bytes[..bytes.len() - 1]);
            prop_assert!(cut.is_none_or(|cut| cut.len() < leaves.len()));
        }
    }

    #[test]
    fn bundles_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = decode_bundle(&bytes);
        let _ = decode_tile(&bytes, 3);
    }
}
