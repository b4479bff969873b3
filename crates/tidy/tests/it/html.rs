//! A built page: what can be pointed to in it, and what it points to.

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer,
};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Both ends of links.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// The values of `id`, and of `name` on anchors.
    pub(crate) anchors: BTreeSet<String>,
    /// The values of `href` and `src`, as a browser reads them, in their order.
    pub(crate) links: Vec<String>,
}

impl Page {
    /// Reads a page with a browser's rules for tags and attributes.
    pub(crate) fn read(html: &str) -> Self {
        let tokenizer = Tokenizer::new(Reader::default(), Default::default());
        let input = BufferQueue::default();
        input.push_back(StrTendril::from(html));
        // It would only pause for a script to be run, which nobody asks for.
        let _ = tokenizer.feed(&input);
        tokenizer.end();
        tokenizer.sink.0.into_inner()
    }
}

#[derive(Default)]
struct Reader(RefCell<Page>);

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let Token::TagToken(tag) = token else { return TokenSinkResult::Continue };
        if tag.kind == TagKind::EndTag {
            return TokenSinkResult::Continue;
        }
        self.0.borrow_mut().take(&tag);
        // What looks like a tag in a script is none.
        match &*tag.name {
            "script" => TokenSinkResult::RawData(RawKind::ScriptData),
            "style" => TokenSinkResult::RawData(RawKind::Rawtext),
            "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
            _ => TokenSinkResult::Continue,
        }
    }
}

impl Page {
    fn take(&mut self, tag: &Tag) {
        for attribute in &tag.attrs {
            let value = attribute.value.to_string();
            match &*attribute.name.local {
                "id" => {
                    self.anchors.insert(value);
                }
                "name" if &*tag.name == "a" => {
                    self.anchors.insert(value);
                }
                "href" | "src" => self.links.push(value),
                _ => {}
            }
        }
    }
}

#[test]
fn a_page_is_read_as_browsers_read_it() {
    let page = Page::read(
        "<h2 id=one>&lt;a href=\"no\"&gt;</h2><a name='two' href='?a&amp;b'></a>\
         <script>'<a href=\"no\">'</script><!-- <a href='no'> --><img src=\"x.png\">",
    );
    assert_eq!(page.anchors, ["one", "two"].map(String::from).into());
    assert_eq!(page.links, ["?a&b", "x.png"]);
}
