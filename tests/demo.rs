use std::process::Command;

/// The README's first promise: one command shows a call from the carrier to the record.
#[test]
fn the_demo_ends_well_only_if_every_check_held() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let output = Command::new(env!("CARGO_BIN_EXE_hotline"))
        .args(["demo", "--once", "--data"])
        .arg(data.path())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the demo runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("http://127.0.0.1:8080/docs"), "{text}");
}
