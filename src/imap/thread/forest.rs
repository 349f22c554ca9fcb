//! Conversations as trees.

use crate::imap::syntax::print;

/// A place in a [`Forest`].
pub type Node = usize;

/// Trees of messages.
#[derive(Debug, Default)]
pub struct Forest {
    /// The number of each message; `None` is a dummy, which only stands for one that all its children answer.
    numbers: Vec<Option<u32>>,
    children: Vec<Vec<Node>>,
    /// The first of each conversation.
    roots: Vec<Node>,
}

impl Forest {
    /// Plants a message, or a dummy, that belongs nowhere yet.
    pub(super) fn plant(&mut self, number: Option<u32>) -> Node {
        self.numbers.push(number);
        self.children.push(Vec::new());
        self.numbers.len() - 1
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    pub(super) fn number(&self, node: Node) -> Option<u32> {
        self.numbers.get(node).copied().flatten()
    }

    pub(super) fn children(&self, node: Node) -> &[Node] {
        self.children.get(node).map(Vec::as_slice).unwrap_or_default()
    }

    /// Puts nodes below another, behind those that are there.
    pub(super) fn adopt(&mut self, node: Node, children: impl IntoIterator<Item = Node>) {
        if let Some(all) = self.children.get_mut(node) {
            all.extend(children);
        }
    }

    /// Takes all that is right below a node from it.
    pub(super) fn take_children(&mut self, node: Node) -> Vec<Node> {
        self.children.get_mut(node).map(std::mem::take).unwrap_or_default()
    }

    /// The message that speaks for a node: itself, or a dummy's first child.
    pub(super) fn speaker(&self, node: Node) -> Node {
        match self.number(node) {
            Some(_) => node,
            None => self.children(node).first().copied().unwrap_or(node),
        }
    }

    pub(super) fn roots(&self) -> &[Node] {
        &self.roots
    }

    pub(super) fn set_roots(&mut self, roots: Vec<Node>) {
        self.roots = roots;
    }

    /// Sorts the children of each node, then the roots, by what is said of the message that speaks for them.
    pub(super) fn sort_by_key<K: Ord>(&mut self, key: impl Fn(Node) -> K) {
        for siblings in &mut self.children {
            siblings.sort_by_key(|node| key(*node));
        }
        let mut roots = std::mem::take(&mut self.roots);
        roots.sort_by_key(|node| key(self.speaker(*node)));
        self.roots = roots;
    }

    /// ```abnf
    /// thread-list    = "(" (thread-members / thread-nested) ")"
    /// thread-members = nz-number *(SP nz-number) [SP thread-nested]
    /// thread-nested  = 2*thread-list
    /// ```
    pub fn print(&self, out: &mut Vec<u8>) {
        let mut steps: Vec<Step> = self.roots.iter().rev().map(|root| Step::Open(*root)).collect();
        while let Some(step) = steps.pop() {
            match step {
                Step::Close => out.push(b')'),
                Step::Open(node) => {
                    out.push(b'(');
                    steps.extend([Step::Close, Step::Members(node)]);
                }
                Step::Members(node) => {
                    if let Some(number) = self.number(node) {
                        space_behind_number(out);
                        print::number(out, number);
                    }
                    match self.children(node) {
                        [] => {}
                        [only] => steps.push(Step::Members(*only)),
                        several => {
                            space_behind_number(out);
                            steps.extend(several.iter().rev().map(|child| Step::Open(*child)));
                        }
                    }
                }
            }
        }
    }
}

fn space_behind_number(out: &mut Vec<u8>) {
    if out.last().is_some_and(u8::is_ascii_digit) {
        out.push(b' ');
    }
}

/// What is to be written next.
enum Step {
    /// A thread-list that begins here.
    Open(Node),
    /// What is within it, from here on.
    Members(Node),
    /// Its end.
    Close,
}
