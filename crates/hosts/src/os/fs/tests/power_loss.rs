//! The changes that survive a power loss.

use super::*;

#[test]
fn of_each_file_a_prefix_of_whole_writes_survives_and_any_prefix_may() {
    let losses = losses(false, |rig| {
        rig.durable("/wal", "-");
        ["a", "b", "c"].into_iter().for_each(|bytes| rig.append("/wal", bytes));
    });
    for (survived, content) in ["-", "-a", "-ab", "-abc"].iter().enumerate() {
        let found = losses.iter().find(|(image, _)| image["/wal"] == *content);
        let (_, loss) = found.unwrap_or_else(|| panic!("{content} never survived"));
        assert_eq!(*loss, PowerLoss { bytes_lost: 3 - survived as u64, ..PowerLoss::default() });
    }
    assert!(losses.iter().all(|(image, _)| "-abc".starts_with(&image["/wal"])));
}

#[test]
fn writes_over_synced_bytes_survive_in_order() {
    let losses = losses(false, |rig| {
        rig.durable("/pages", "01234567");
        rig.write("/pages", 2, "ab");
        rig.write("/pages", 0, "xyz");
    });
    for content in ["01234567", "01ab4567", "xyzb4567"] {
        assert!(losses.iter().any(|(image, _)| image["/pages"] == content), "never left {content}");
    }
    assert!(losses.iter().all(|(image, _)| image["/pages"] != "xyz34567"), "the second write without the first");
}

#[test]
fn names_survive_independently_of_contents() {
    let losses = losses(false, |rig| {
        rig.durable("/snapshot", "old");
        rig.append("/tmp", "new");
        rig.rename("/tmp", "/snapshot");
    });
    for expected in [
        image(&[("/snapshot", "old")]),
        image(&[("/snapshot", "old"), ("/tmp", "")]),
        image(&[("/snapshot", "old"), ("/tmp", "new")]),
        image(&[("/snapshot", "")]),
        image(&[("/snapshot", "new")]),
    ] {
        assert!(losses.iter().any(|(image, _)| *image == expected), "never left {expected:?}");
    }
    assert!(losses.iter().all(|(image, _)| image.contains_key("/snapshot")), "the old or the new");
}

#[test]
fn a_replacement_whose_content_is_synced_is_seen_whole_or_not_at_all() {
    let losses = losses(false, |rig| {
        rig.durable("/snapshot", "old");
        rig.append("/tmp", "new");
        rig.sync("/tmp");
        rig.rename("/tmp", "/snapshot");
    });
    assert!(losses.iter().all(|(image, _)| ["old", "new"].contains(&&*image["/snapshot"])));
    for content in ["old", "new"] {
        assert!(losses.iter().any(|(image, _)| image["/snapshot"] == content), "never left {content}");
    }
}

#[test]
fn a_synced_file_is_lost_with_its_name() {
    let losses = losses(false, |rig| {
        rig.append("/log", "synced");
        rig.sync("/log");
    });
    let lost = losses.iter().filter(|(image, _)| image.is_empty()).count();
    assert!(lost > 100 && lost < 500, "{lost} of 600 lost");
    assert!(losses.iter().all(|(image, loss)| image.is_empty() != (loss.changes_lost == 0) && loss.bytes_lost == 0));
    assert!(losses.iter().all(|(image, _)| image.get("/log").is_none_or(|content| content == "synced")));
}

#[test]
fn a_sync_of_any_directory_makes_all_names_durable_and_no_content() {
    let losses = losses(false, |rig| {
        rig.create_dir("/a");
        rig.create_dir("/b");
        rig.append("/a/log", "content");
        rig.sync("/b");
    });
    for (image, loss) in &losses {
        assert!(image.contains_key("/a/log") && loss.changes_lost == 0);
    }
    assert!(losses.iter().any(|(image, _)| image["/a/log"].is_empty()));
}

#[test]
fn a_lost_truncation_is_written_over() {
    let losses = losses(false, |rig| {
        rig.durable("/wal", "01234567");
        rig.set_len("/wal", 4);
        rig.append("/wal", "ab");
    });
    for content in ["01234567", "0123", "0123ab", "0123ab67"] {
        assert!(losses.iter().any(|(left, _)| *left == image(&[("/wal", content)])), "never left {content}");
    }
}

#[test]
fn a_torn_append_is_cut_short_or_ends_in_zeros_and_nothing_follows_it() {
    let long: Vec<u8> = (0..2_000_u32).map(|n| 1 + (n % 250) as u8).collect();
    let whole = [b"--first", &long[..], b"last"].concat();
    let ends = [7, 7 + long.len(), whole.len()];
    let (mut cut, mut zeroed) = (0, 0);
    for pick in 0..600 {
        let mut rig = Rig::new();
        rig.durable("/wal", "--");
        rig.append("/wal", "first");
        rig.append("/wal", &long);
        rig.append("/wal", "last");
        let loss = rig.lose_power(true, pick);
        let ino = rig.open("/wal", Creates::Never).expect("the file is there");
        let left = rig.bytes(ino);
        let good = left.iter().zip(&whole).take_while(|(is, was)| is == was).count();
        assert!(loss.torn && good < whole.len());
        assert!(good < left.len() || ![2, 7, 7 + long.len()].contains(&good), "{good} bytes are whole appends");
        if good == left.len() {
            cut += 1;
            continue;
        }
        zeroed += 1;
        assert!(left[good..].iter().all(|byte| *byte == 0), "zeros to the end");
        assert!(ends.contains(&left.len()), "up to the end of an append");
    }
    assert!(cut > 100 && zeroed > 100, "{cut} cut, {zeroed} zeroed");
}

#[test]
fn a_torn_write_over_synced_bytes_leaves_those_that_it_did_not_reach() {
    let losses = losses(true, |rig| {
        rig.durable("/page", "01234567");
        rig.write("/page", 2, "abcd");
    });
    for (image, loss) in &losses {
        assert!(loss.torn);
        assert!(["01a34567", "01ab4567", "01abc567"].contains(&&*image["/page"]), "{}", image["/page"]);
    }
}

#[test]
fn a_tear_keeps_the_names_so_that_it_is_seen() {
    let losses = losses(true, |rig| rig.append("/log", "0123456789"));
    for (image, loss) in losses {
        assert!(loss.torn && loss.changes_lost == 0 && image["/log"] != "0123456789", "{image:?}");
    }
    let untorn = super::losses(true, |rig| rig.create_dir("/d"));
    assert!(untorn.iter().all(|(_, loss)| !loss.torn), "there is no write to tear");
}

#[test]
fn a_file_created_in_place_of_an_unsynced_removal_is_empty() {
    let mut rig = Rig::new();
    rig.durable("/a", "old");
    rig.remove("/a");
    rig.append("/a", "");
    assert_eq!(rig.content("/a").as_deref(), Some(""));
    rig.append("/a", "new");
    assert_eq!(rig.content("/a").as_deref(), Some("new"));
    rig.sync("/a");
    rig.sync("/");
    rig.lose_power(false, 0);
    assert_eq!(rig.image(), image(&[("/a", "new")]));
}

#[test]
fn writes_before_an_unsynced_rename_are_read_back_and_survive_a_sync_after_it() {
    for pick in 0..50 {
        let mut rig = Rig::new();
        rig.append("/tmp", "before ");
        rig.rename("/tmp", "/log");
        rig.append("/log", "after");
        assert_eq!(rig.content("/log").as_deref(), Some("before after"));
        rig.sync("/log");
        rig.sync("/");
        assert_eq!(rig.lose_power(false, pick), PowerLoss::default());
        assert_eq!(rig.image(), image(&[("/log", "before after")]));
    }
}

#[test]
fn a_killed_process_leaves_what_it_wrote_and_a_later_power_loss_may_take_it() {
    let losses = losses(false, |rig| {
        rig.append("/wal", "unsynced");
        rig.0.process_gone();
        assert_eq!(rig.content("/wal").as_deref(), Some("unsynced"));
    });
    for left in [image(&[]), image(&[("/wal", "")]), image(&[("/wal", "unsynced")])] {
        assert!(losses.iter().any(|(image, _)| *image == left), "never left {left:?}");
    }
}

#[test]
fn a_wiped_disk_is_blank() {
    let mut rig = Rig::new();
    assert!(rig.0.is_blank() && !rig.0.has_unsynced());
    rig.append("/wal", "content");
    assert!(!rig.0.is_blank() && rig.0.has_unsynced());
    rig.create_dir("/d");
    rig.sync("/d");
    rig.0.wipe();
    assert!(rig.0.is_blank() && !rig.0.has_unsynced() && rig.image().is_empty());
    rig.create_dir("/d");
    assert!(!rig.0.is_blank(), "a directory is something");
}

#[test]
fn bytes_are_counted() {
    let mut rig = Rig::new();
    rig.create_dir("/db");
    rig.durable("/db/a", "12345");
    rig.durable("/other", "123");
    rig.append("/db/a", "pending");
    for (prefix, bytes) in [("", 8), ("/", 8), ("db", 5), ("/db/", 5), ("o", 3), ("x", 0)] {
        assert_eq!(rig.0.durable_bytes(prefix), bytes, "{prefix:?}");
    }
    let held = rig.0.held_bytes();
    rig.append("/db/a", [0; 1_000]);
    assert!((held + 2_000..held + 3_000).contains(&rig.0.held_bytes()), "in the cache and pending");
}
