//! Threads change nothing but the time.

use super::*;

/// Three files of several blocks, with a bad row here and there.
fn large() -> tempfile::TempDir {
    let note = "x".repeat(100);
    let file = |seed: u64| {
        let row = |n: u64| match n % 1000 {
            7 => format!("{n};;1;1;\n"),
            8 => format!("id-{n};\"2\nad\";1;1;\n"),
            _ => format!("{n};2ad;{seed};{},50;{note}\n", n % 300),
        };
        let rows: String = (0..60_000).map(row).collect();
        format!("enkeltregning_lnr;takstkode;antall;belop;note\n{rows}")
    };
    let packed = zstd::encode_all(file(2).as_bytes(), 1).unwrap();
    let (first, last) = (file(1), file(3));
    delivery(&[("takst-1.csv", first.as_bytes()), ("takst-2.csv.zst", &packed), ("takst-3.csv", last.as_bytes())])
}

#[test]
fn any_number_of_threads_gives_the_same_rows_rejects_and_hashes() {
    let folder = large();
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let inputs = open(folder.path(), "takst").unwrap();
            let (rows, scanned) = scan(&inputs, "takst", &["takstkode", "antall", "belop"]).unwrap();
            let hashes: Vec<String> = scanned.files.into_iter().map(|file| file.sha256).collect();
            (rows, scanned.rejects, scanned.tally, hashes)
        })
    };
    let one = with(1);
    assert_eq!((one.0.len(), one.1.len(), one.2.total().rows), (179_820, 180, 180_000));
    assert!(with(2) == one && with(5) == one);
    let inputs = open(folder.path(), "takst").unwrap();
    let hashed: Vec<String> = inputs.hashed().unwrap().remove(0).1.into_iter().map(|file| file.sha256).collect();
    assert_eq!(hashed, one.3);
}
