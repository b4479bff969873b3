//! A file that is written, cut off, taken up and thinned, and what is judged in it.

use super::judge::growth;
use super::{LIVE, Line, OPEN_FILES, RESIDENT, Service, Stretch, WatchFile};
use super::{judge, read};
use crate::Verdict;
use crate::outside::CPU;
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn service(process: u32) -> Service {
    Service {
        program: "shop".to_owned(),
        process: Some(process),
        began: Some(1),
        instrument: "process".to_owned(),
        open_files_limit: Some(1_024),
        memory_limit_bytes: Some(200_000_000),
    }
}

fn made() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("watch.jsonl");
    (folder, path)
}

/// Columns as a service has them.
fn values(n: u64) -> BTreeMap<String, u64> {
    let value = |column: u64| (format!("column {column}"), n * 1_000 + column);
    (0..16).map(value).collect()
}

/// Times and processes.
fn samples(path: &Path) -> Vec<(f64, u32)> {
    let (mut samples, mut process) = (Vec::new(), 0);
    let each = |line: Line| match line {
        Line::Service(service) => process = service.process.unwrap(),
        Line::Sample(sample) => {
            assert_eq!(sample.values, values(sample.at as u64));
            samples.push((sample.at, process));
        }
        _ => {}
    };
    read(path, each).unwrap();
    samples
}

#[test]
fn a_file_that_a_crash_has_cut_off_is_taken_up() {
    let (_folder, path) = made();
    let mut file = WatchFile::open(&path).unwrap();
    file.begin(service(1)).unwrap();
    for n in 0..10_u32 {
        file.sample(f64::from(n), &values(n.into())).unwrap();
    }
    let again = WatchFile::open(&path).unwrap_err().to_string();
    assert!(again.contains("written by another leaklab"), "{again}");
    drop(file);
    // In the middle of a line.
    let length = fs::metadata(&path).unwrap().len();
    OpenOptions::new().write(true).open(&path).unwrap().set_len(length - 9).unwrap();
    assert_eq!(samples(&path).len(), 9);
    let mut file = WatchFile::open(&path).unwrap();
    assert_eq!((file.found, file.service()), (9, Some(&service(1))));
    file.sample(20.0, &values(20)).unwrap();
    file.begin(service(2)).unwrap();
    file.sample(21.0, &values(21)).unwrap();
    let samples = samples(&path);
    assert_eq!(samples[8..], [(8.0, 1), (20.0, 1), (21.0, 2)]);
}

#[test]
fn a_file_of_something_else_is_left_as_it_is() {
    let (_folder, path) = made();
    for text in ["a table\n1,2\n", "text"] {
        fs::write(&path, text).unwrap();
        let error = WatchFile::open(&path).unwrap_err().to_string();
        assert!(error.ends_with("is no file of a watch"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

/// The process in which no other test needs memory meanwhile.
const ALONE: &str = "LEAKLAB_TEST_ALONE";

#[test]
fn a_million_samples_need_no_memory() {
    let name = "a_million_samples_are_a_small_file_of_the_whole_time_and_no_memory";
    let name = format!("{}::{name}", module_path!().split_once("::").unwrap().1);
    let mut test = std::process::Command::new(std::env::current_exe().unwrap());
    test.args(["--exact", "--nocapture", &name]).env(ALONE, "1");
    let output = test.output().unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && out.contains("1 passed"), "{output:?}");
    eprintln!("{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_million_samples_are_a_small_file_of_the_whole_time_and_no_memory() {
    if std::env::var_os(ALONE).is_none() {
        return;
    }
    const SAMPLES: u64 = 1_000_000;
    let (_folder, path) = made();
    let mut file = WatchFile::open(&path).unwrap();
    let resident =
        || crate::outside::resident_bytes(std::process::id()).unwrap_or(0);
    let before = resident();
    let (mut largest, mut most) = (0, 0);
    for n in 0..SAMPLES {
        // Processes that begin and end all the time need no place.
        if n % 1_000 == 0 {
            file.begin(service(n as u32)).unwrap();
        }
        file.sample(n as f64, &values(n)).unwrap();
        largest = largest.max(file.bytes);
        if n % 10_000 == 0 {
            most = most.max(resident());
        }
    }
    let bytes = fs::metadata(&path).unwrap().len();
    eprintln!(
        "{SAMPLES} samples: {bytes} B, at most {largest} B, one of {} kept, \
         {before} B resident before, at most {most} B",
        file.keep
    );
    assert!(largest < 7_000_000, "{largest}");
    // They would be 130 MB.
    assert!(most < before + (32 << 20), "{before} B before, {most} B now");
    let samples = samples(&path);
    let gaps = samples.windows(2).map(|two| two[1].0 - two[0].0);
    let largest = gaps.fold(0.0, f64::max);
    assert!(samples[0].0 < 200.0 && largest < 200.0, "a gap of {largest}");
    assert!(samples[samples.len() - 1].0 > SAMPLES as f64 - 200.0);
}

/// Eight hours of a service whose memory is a function of the hours, with
/// requests in flight that come and go, and work in proportion to `work`.
fn judged(bytes: &dyn Fn(f64) -> f64, work: &dyn Fn(f64) -> f64) -> Stretch {
    let (_folder, path) = made();
    let mut file = WatchFile::open(&path).unwrap();
    file.begin(service(7)).unwrap();
    for n in 0..2_880_u32 {
        let hours = f64::from(n) / 360.0;
        // Up and down in 64 samples, by up to 20 MB.
        let burst = f64::from((n * 37) % 64) * 300_000.0;
        let values = [
            (RESIDENT, (100e6 + bytes(hours) + burst) as u64),
            (OPEN_FILES, 20 + (hours * 100.0) as u64),
            ("threads", 4 + u64::from(n > 1_000)),
            (CPU, (work(hours) * 1e6) as u64),
        ];
        let values = values.map(|(name, value)| (name.to_owned(), value)).into();
        file.sample(1e9 + hours * 3_600.0, &values).unwrap();
    }
    judge(&path).unwrap().remove(0)
}

#[test]
fn what_grows_is_told_from_what_has_grown_and_what_moves() {
    let steady = |hours: f64| hours;
    let stops = |hours: f64| hours.min(4.0) + (hours - 4.0).max(0.0) / 9.0;
    let leak = |hours: f64| hours * 1e6;
    let fills = |hours: f64| hours.min(3.0) * 10e6;
    let steps =
        |hours: f64| f64::from((hours > 2.5) as u8 + (hours > 6.0) as u8) * 20e6;
    type Of<'a> = &'a dyn Fn(f64) -> f64;
    for (bytes, work, verdict, reason) in [
        (&leak as Of<'_>, &steady as Of<'_>, Verdict::Grows, None),
        (&|_| 0.0, &steady, Verdict::Flat, None),
        (&fills, &steady, Verdict::Flat, Some("at first")),
        (&fills, &stops, Verdict::Inconclusive, Some("less to do")),
        (&steps, &steady, Verdict::Inconclusive, Some("steps")),
        (&leak, &|hours| hours * hours, Verdict::Grows, Some("more to do")),
    ] {
        let stretch = judged(bytes, work);
        let memory = stretch.memory.unwrap();
        assert_eq!(memory.verdict, verdict, "{memory:#?}");
        let why = memory.reason.unwrap_or_default();
        assert!(why.contains(reason.unwrap_or("")), "{why}");
        assert_eq!(why.is_empty(), reason.is_none(), "{why}");
    }
}

/// In how many of 400 watches memory grows that moves by chance, and by a leak.
fn grows(leak: f64, walks: bool, seed: u64) -> usize {
    let mut state = seed;
    // Twelve numbers of a generator (Knuth, MMIX), less their mean: nearly normal.
    let mut chance = move || {
        let uniform = |_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        (0..12).map(uniform).sum::<f64>() - 6.0
    };
    let grows = |_: &u32| {
        let mut at = 0.0;
        let mut point = |n: u32| {
            let lowest = |lowest: f64, _| {
                at = if walks { at + chance() } else { 4.0 * chance() };
                lowest.min(at)
            };
            let lowest = (0..20).fold(f64::MAX, lowest);
            (f64::from(n), 1e9 + 1e6 * (lowest + leak * f64::from(n)))
        };
        let points: Vec<_> = (0..48).map(&mut point).collect();
        let work: Vec<_> = points.iter().map(|(x, _)| (*x, *x)).collect();
        let found = growth(LIVE, &points, 1_000_000_000, &work);
        found.is_some_and(|found| found.verdict == Verdict::Grows)
    };
    (0..400).filter(grows).count()
}

#[test]
fn a_memory_that_moves_by_chance_grows_in_few_watches_and_a_leak_in_most() {
    let [walk, still, leak] = [(0.0, true), (0.0, false), (0.5, false)]
        .map(|(leak, walks)| grows(leak, walks, 7));
    eprintln!("of 400 watches grow: {walk} walks, {still} that stay, {leak} leaks");
    // 10 % of the walks without the correlation.
    assert!(walk <= 8 && still <= 2 && leak >= 380, "{walk}, {still}, {leak}");
}

#[test]
fn a_limit_that_is_met_is_told_with_the_time() {
    let stretch = judged(&|hours| hours * 5e6, &|hours| hours);
    let memory = stretch.memory.unwrap();
    assert!((memory.per_hour / 5e6 - 1.0).abs() < 0.01, "{memory:#?}");
    let left = (200e6 - memory.now as f64) / 5e6;
    assert!((memory.hours_to_limit.unwrap() / left - 1.0).abs() < 0.01);
    // One thread more is no growth.
    let names: Vec<_> = stretch.metrics.iter().map(|m| &*m.name).collect();
    assert_eq!(names, [OPEN_FILES]);
    let hours = stretch.metrics[0].hours_to_limit.unwrap();
    assert!((2.0..2.2).contains(&hours), "{hours}");
}
