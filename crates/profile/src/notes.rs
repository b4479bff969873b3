//! What a reader must know before they trust a profile.

use crate::in_app::InApp;
use crate::reading::Profile;

/// Frames that dhat for Rust keeps of a call stack by default.
const DHAT_FRAMES: usize = 10;

impl Profile {
    /// What is missing in the profile, a sentence or two each, with what to do.
    pub fn notes(&self, in_app: &InApp) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.has_lifetimes {
            notes.push(
                "lifetimes were not recorded, so it is not known what survives and what \
                 was live at the peak; use --sort churn",
            );
        }
        let any = self.stacks().next().is_some();
        if any && self.has_no_files() {
            notes.push(
                "no frame has a file: names are those of the nearest symbol and may be \
                 wrong, so sites are separated by address. Build the program with \
                 debug = \"limited\" and without strip in its profile, and keep the \
                 files with the debug information beside it",
            );
        }
        let longest = self.stacks().map(|(_, stack)| stack.len()).max();
        let cut = self.mode == "rust-heap" && longest == Some(DHAT_FRAMES);
        let knows = |stack: &[u32]| {
            stack.iter().any(|&frame| in_app.contains(&self.frame(frame)))
        };
        if cut && !self.stacks().any(|(_, stack)| knows(stack)) {
            notes.push(
                "call stacks end after 10 frames, before they reach your code: record \
                 them with Profiler::builder().trim_backtraces(Some(64))",
            );
        }
        notes.into_iter().map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{PROFILE, profile};

    #[test]
    fn what_is_missing_is_told_and_a_whole_profile_has_no_notes() {
        assert_eq!(profile().notes(&InApp::lessons()), Vec::<String>::new());
        let text = PROFILE.replace("\"bklt\": true", "\"bklt\": false");
        let imitation = Profile::parse(text.as_bytes()).unwrap();
        assert!(imitation.notes(&InApp::lessons())[0].contains("--sort churn"));
    }

    #[test]
    fn stacks_without_files_are_told_apart_by_address_and_said_to_be_cut() {
        let stack = |outer: u32, bytes: u64| {
            format!(
                "{{\"tb\":9,\"tbk\":1,\"eb\":{bytes},\"ebk\":1,\"fs\":[1,1,1,1,1,1,1,1,1,{outer}]}}"
            )
        };
        let text = format!(
            r#"{{"dhatFileVersion":2,"mode":"rust-heap","cmd":"mailer","pps":[{},{}],
               "ftbl":["[root]","0x1: parse_line (???:0:0)","0x2: a::b (???:0:0)","0x3: c::d (???:0:0)"]}}"#,
            stack(2, 70),
            stack(3, 30),
        );
        let profile = Profile::parse(text.as_bytes()).unwrap();
        let in_app = InApp::guess(&profile);
        let sites = profile.sites(&in_app);
        let places: Vec<_> = sites.iter().map(|site| site.place.as_str()).collect();
        assert_eq!(places, ["0x2", "0x3"]);
        let notes = profile.notes(&in_app);
        assert!(
            notes[0].contains("debug = \"limited\"")
                && notes[1].contains("10 frames")
        );
    }
}
