// Circular lists through the blocks themselves: two words in each member and in the head, the next and the one before.

import Posix

extension Memory {
    func makeList(_ head: Int) {
        self[head] = head
        self[head + 8] = head
    }

    /// The first link in the list, or nil.
    func first(of head: Int) -> Int? { self[head] == head ? nil : self[head] }

    func next(after link: Int, in head: Int) -> Int? { self[link] == head ? nil : self[link] }

    func isEmpty(_ head: Int) -> Bool { self[head] == head }

    func append(_ link: Int, to head: Int) {
        let last = self[head + 8]
        self[link] = head
        self[link + 8] = last
        self[last] = link
        self[head + 8] = link
    }

    func prepend(_ link: Int, to head: Int) {
        let first = self[head]
        self[link] = first
        self[link + 8] = head
        self[first + 8] = link
        self[head] = link
    }

    /// All members of a list go to the end of another one.
    func moveAll(from list: Int, to head: Int) {
        guard !isEmpty(list) else { return }
        let (first, last, end) = (self[list], self[list + 8], self[head + 8])
        self[end] = first
        self[first + 8] = end
        self[last] = head
        self[head + 8] = last
        makeList(list)
    }

    /// The link is in no list afterwards, and removing it again does nothing.
    func remove(_ link: Int) {
        let (next, previous) = (self[link], self[link + 8])
        self[previous] = next
        self[next + 8] = previous
        self[link] = link
        self[link + 8] = link
    }

    /// Calls `body`, which removes it, for the first member again and again, up to 64 times, as it may remove others, too;
    /// false when the list was empty.
    func removeEach(of head: Int, _ body: (Int) -> Void) -> Bool {
        if isEmpty(head) { return false }
        for _ in 0..<64 {
            guard let link = first(of: head) else { break }
            body(link)
        }
        return true
    }

    /// The links as they are now, at most `limit`. Whoever goes through them may remove one, and no other.
    func links(of head: Int, limit: Int = .max) -> [Int] {
        var links: [Int] = []
        var link = self[head]
        while link != head, links.count < limit {
            links.append(link)
            link = self[link]
        }
        return links
    }
}

extension Field {
    /// How far into a block this word is.
    var offset: Int { 8 * rawValue }
}
