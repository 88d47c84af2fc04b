//! The words that say how a message reads, from the configuration to what the space gets.

use logbell::chat::message::{Message, Widget};

use crate::trial::Trial;

/// All that people see of a card: its title, then one widget a line.
fn shown(message: &Message) -> String {
    let card = &message.cards_v2[0].card;
    let header = card.header.as_ref().unwrap();
    let mut text = format!("{}\n{}\n", header.title, header.subtitle.as_deref().unwrap());
    for widget in card.sections.iter().flat_map(|section| &section.widgets) {
        match widget {
            Widget::TextParagraph(paragraph) => text.push_str(&paragraph.text),
            Widget::DecoratedText(field) => {
                let label = field.top_label.as_deref().unwrap();
                text.push_str(&format!("[{label}] {}", field.text));
            }
            other => panic!("{other:?}"),
        }
        text.push('\n');
    }
    text
}

#[test]
fn a_title_and_a_text_are_filled_with_what_the_line_says() {
    let mut trial = Trial::new(
        r#"
[[rule]]
name = "slow"
files = "LOG"
match = '(?P<path>/\S+) took (?P<ms>\d+) ms of (?P<n>\d+)'
title = "{path|basename} took {ms|duration} on {host|upper|cut:2}"
text = '''
{n|count} bytes: {pattern}
look at <dashboard> of {file|basename}'''
"#,
    );
    trial.start();
    trial.write("GET /shop/cart took 93000 ms of 1234567\n");
    let messages = trial.wait_for(1);
    let said = shown(&messages[0].message);
    assert!(said.starts_with("🟠 cart took 1m33s on "), "{said}");
    let text = "\n1\u{202f}234\u{202f}567 bytes: GET &lt;path&gt; took &lt;num&gt; ms of &lt;num&gt;\n\
                look at &lt;dashboard&gt; of app.log\n";
    assert!(said.contains(text), "{said}");
    trial.stop();
}
