//! Function names without what changes from build to build.
//!
//! rustc decorates one function in many ways: generic arguments, closures and async
//! blocks as segments of the path, the hash of a symbol. What is left here is what a
//! person would call the function.

/// `leaky::lessons::Sessions::put` of
/// `<leaky::lessons::Sessions<T>>::put::{{closure}}::h0123456789abcdef`; empty for
/// what is a closure and nothing else.
pub(crate) fn plain(function: &str) -> String {
    let segments = segments(function);
    let count = segments.len();
    let kept = segments.into_iter().enumerate().filter_map(|(n, segment)| {
        let hash = n > 0
            && n + 1 == count
            && segment.strip_prefix('h').is_some_and(is_hash);
        if hash || segment.starts_with('{') || is_made_by_msvc(segment) {
            return None;
        }
        // In the middle, brackets hold an impl, or else generic arguments.
        let owned = decorated(segment)
            .filter(|content| n == 0 || content.starts_with("impl "));
        Some(owned.map_or_else(|| without_arguments(segment), owner))
    });
    let kept: Vec<_> = kept.filter(|segment| !segment.is_empty()).collect();
    kept.join("::")
}

/// `closure$0`, `closure_env$1`, `impl$2`: what debug information for Windows has in the
/// place of braces.
fn is_made_by_msvc(segment: &str) -> bool {
    let made = |(_, number): (&str, &str)| {
        !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
    };
    segment.rsplit_once('$').is_some_and(made)
}

/// The name alone: `put`.
pub(crate) fn last(function: &str) -> String {
    let name = plain(function);
    name.rsplit("::").next().unwrap_or_default().to_owned()
}

/// A plain name without its path, but with that of its type: `Sessions::put`.
pub(crate) fn short(name: &str) -> &str {
    let Some(last) = name.rfind("::") else { return name };
    let before = name[..last].rfind("::").map_or(0, |at| at + 2);
    // Types begin with a capital, modules do not.
    let typed = name[before..].starts_with(char::is_uppercase);
    if typed { &name[before..] } else { &name[last + 2..] }
}

/// Parts between the `::` that stand in no brackets.
fn segments(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(offset) = outside_brackets(&path[at..], "::") {
        let end = at + offset;
        parts.push(&path[from..end]);
        (from, at) = (end + 2, end + 2);
    }
    parts.push(&path[from..]);
    parts
}

/// Where `wanted` first stands in no brackets.
fn outside_brackets(text: &str, wanted: &str) -> Option<usize> {
    let mut depth = 0_u32;
    let mut before = b' ';
    for (at, byte) in text.bytes().enumerate() {
        if depth == 0 && text.as_bytes()[at..].starts_with(wanted.as_bytes()) {
            return Some(at);
        }
        match byte {
            b'<' | b'(' | b'[' | b'{' => depth += 1,
            // The arrow of a function's type closes nothing.
            b'>' if before == b'-' => {}
            b'>' | b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = byte;
    }
    None
}

/// What stands in a segment that is nothing but `<…>`.
fn decorated(segment: &str) -> Option<&str> {
    segment.strip_prefix('<')?.strip_suffix('>')
}

/// The type and the trait of `Type as Trait` or `impl Trait for Type`.
fn owner(content: &str) -> String {
    let at = |word: &str| {
        let at = outside_brackets(content, word)?;
        Some((&content[..at], &content[at + word.len()..]))
    };
    let (owner, behaviour) = match (content.strip_prefix("impl "), at(" as ")) {
        (Some(block), _) => match at(" for ") {
            Some((behaviour, owner)) => (owner, behaviour.strip_prefix("impl ")),
            None => (block, None),
        },
        (None, Some((owner, behaviour))) => (owner, Some(behaviour)),
        (None, None) => (content, None),
    };
    let owner = owner.trim_start_matches(['&', '*']);
    let owner = ["mut ", "const ", "dyn "]
        .iter()
        .fold(owner, |owner, word| owner.strip_prefix(word).unwrap_or(owner));
    match behaviour {
        Some(behaviour) => format!("{}::{}", plain(owner), last(behaviour)),
        None => plain(owner),
    }
}

/// `Vec` of `Vec<u8>`; empty when there is nothing but arguments.
fn without_arguments(segment: &str) -> String {
    segment.split('<').next().unwrap_or_default().trim().to_owned()
}

/// Sixteen hexadecimal digits, as in old symbols and names of test programs.
pub(crate) fn is_hash(digits: &str) -> bool {
    digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_decorations_and_keep_their_path() {
        let cases = "
            leaky::lessons::keep => leaky::lessons::keep
            leaky::lessons::keep::{{closure}}::{{closure}} => leaky::lessons::keep
            leaky::main::h0123456789abcdef => leaky::main
            hoard => hoard
            alloc::vec::Vec<T,A>::push => alloc::vec::Vec::push
            <alloc::vec::Vec<u8>>::with_capacity_in => alloc::vec::Vec::with_capacity_in
            <a::Cache<K,V> as core::clone::Clone>::clone => a::Cache::Clone::clone
            <a::look_up as b::Factory>::register::look_up::{{closure}} => a::look_up::Factory::register::look_up
            a::<impl b::Trait<X> for c::Type<Y>>::run => a::c::Type::Trait::run
            a::impl$3::run::closure$0 => a::run
            a::<impl c::Type>::run => a::c::Type::run
            <&mut a::Type as b::Trait>::run => a::Type::Trait::run
            <dyn a::Trait>::run => a::Trait::run
            map_or_else<&str, fn(&str) -> alloc::string::String> => map_or_else
            {async_block#0}<a::B, c::D> =>
            poll<alloc::boxed::Box<(dyn a::F<Output=()> + b::Send), c::G>> => poll
            <[u8]>::to_vec_in::<alloc::alloc::Global> => [u8]::to_vec_in
             =>
            a<b::c => a
            >>:: => >>
        ";
        for case in cases.trim().lines() {
            let (function, name) = case.split_once("=>").unwrap();
            assert_eq!(plain(function.trim()), name.trim(), "{function}");
        }
        assert_eq!(last("<a::Cache<K,V> as core::clone::Clone>::clone"), "clone");
    }

    #[test]
    fn a_function_is_shortened_to_its_type_and_its_name() {
        assert_eq!(short("leaky::lessons::Sessions::put"), "Sessions::put");
        assert_eq!(short("leaky::lessons::look_up"), "look_up");
        assert_eq!(short("Sessions::put"), "Sessions::put");
        assert_eq!(short("main"), "main");
        assert_eq!(short(""), "");
    }
}
