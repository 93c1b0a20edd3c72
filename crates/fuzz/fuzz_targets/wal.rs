#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    sim_tests::parsers::wal(input);
});
