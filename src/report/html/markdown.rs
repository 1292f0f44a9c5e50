//! The Markdown of rules' pages as HTML: headings, paragraphs, lists, fenced code, emphasis. Our own pages use nothing else.

use std::iter::Peekable;
use std::str::Lines;

use super::super::escape::escaped;

/// A page without its title.
pub(super) fn page(text: &str) -> String {
    let (mut out, mut lines) = (String::new(), text.lines().peekable());
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            let code: Vec<&str> = lines.by_ref().take_while(|l| *l != "```").collect();
            out += &format!("<pre><code>{}</code></pre>\n", escaped(&code.join("\n")));
        } else if let Some(title) = line.strip_prefix("## ") {
            out += &format!("<h3>{}</h3>\n", inline(title));
        } else if !line.is_empty() && !line.starts_with("# ") {
            out += &block(line, &mut lines);
        }
    }
    out
}

/// A paragraph or a list, which ends at an empty line, a heading or code.
fn block(first: &str, lines: &mut Peekable<Lines<'_>>) -> String {
    let mut items = vec![first.strip_prefix("* ").unwrap_or(first).to_owned()];
    while let Some(line) = lines.next_if(|l| !l.is_empty() && !l.starts_with('#') && !l.starts_with("```")) {
        match (line.strip_prefix("* "), items.last_mut()) {
            (None, Some(last)) => *last += &format!(" {}", line.trim_start()),
            (item, _) => items.push(item.unwrap_or(line).to_owned()),
        }
    }
    if first.starts_with("* ") {
        let items: String = items.iter().map(|item| format!("<li>{}</li>\n", inline(item))).collect();
        return format!("<ul>\n{items}</ul>\n");
    }
    items.iter().map(|p| format!("<p>{}</p>\n", inline(p))).collect()
}

/// Code in backticks, `**strong**` and `*emphasis*`. What is left open is closed at the end.
fn inline(text: &str) -> String {
    const TAGS: [(&str, &str); 3] = [("`", "code"), ("**", "strong"), ("*", "em")];
    let (mut out, mut open, mut rest) = (String::new(), Vec::new(), text);
    while !rest.is_empty() {
        let in_code = open.last() == Some(&"code");
        let tag = TAGS.iter().filter(|(_, tag)| !in_code || *tag == "code").find(|(mark, _)| rest.starts_with(mark));
        if let Some((mark, tag)) = tag {
            rest = &rest[mark.len()..];
            match open.iter().position(|t| t == tag) {
                Some(at) => open.drain(at..).rev().for_each(|t: &str| out += &format!("</{t}>")),
                None => {
                    open.push(*tag);
                    out += &format!("<{tag}>");
                }
            }
            continue;
        }
        // A mark that means nothing here, in code, is text.
        let end = rest.char_indices().skip(1).find(|(_, c)| matches!(c, '`' | '*')).map_or(rest.len(), |(at, _)| at);
        out += &escaped(&rest[..end]);
        rest = &rest[end..];
    }
    open.into_iter().rev().for_each(|t| out += &format!("</{t}>"));
    out
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn a_page_becomes_html() {
        let text = "# id\n\n*Level*: error.\n\n## What `x` does\n\nOne & **two\nthree**.\n\n```rust\nlet x = *y < 1;\n\nf();\n```\n\n* a `*b*`\n  c\n* **d**\n";
        let expected = "<p><em>Level</em>: error.</p>\n<h3>What <code>x</code> does</h3>\n<p>One &amp; <strong>two three</strong>.</p>\n\
                        <pre><code>let x = *y &lt; 1;&#10;&#10;f();</code></pre>\n\
                        <ul>\n<li>a <code>*b*</code> c</li>\n<li><strong>d</strong></li>\n</ul>\n";
        assert_eq!(page(text), expected);
    }

    #[test]
    fn what_is_left_open_is_closed() {
        assert_eq!(page("a `b *c"), "<p>a <code>b *c</code></p>\n");
        assert_eq!(page("**a `b` é"), "<p><strong>a <code>b</code> é</strong></p>\n");
    }
}
