// Lists through the blocks themselves: two words in each member and in the head, the next and the one before.

import Posix

extension Memory {
    func makeRing(_ head: Int) {
        self[head] = head
        self[head + 8] = head
    }

    /// The first link in the ring, or nil.
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

    /// All members of a ring go to the end of another one.
    func moveAll(from ring: Int, to head: Int) {
        guard !isEmpty(ring) else { return }
        let (first, last, end) = (self[ring], self[ring + 8], self[head + 8])
        self[end] = first
        self[first + 8] = end
        self[last] = head
        self[head + 8] = last
        makeRing(ring)
    }

    /// The link is in no ring afterwards, and removing it again does nothing.
    func remove(_ link: Int) {
        let (next, previous) = (self[link], self[link + 8])
        self[previous] = next
        self[next + 8] = previous
        self[link] = link
        self[link + 8] = link
    }

    /// Does away with the first member again and again, up to 64 times, as each may take others along; false when the ring
    /// was empty.
    func takeEach(of head: Int, _ body: (Int) -> Void) -> Bool {
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
