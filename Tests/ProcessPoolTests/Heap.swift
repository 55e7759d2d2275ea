/// The least of many numbers, for simulated time; not generic, because debug builds would take ten times as long.
struct Heap {
    private var numbers: [Int] = []

    var first: Int? { numbers.first }

    mutating func insert(_ number: Int) {
        numbers.append(number)
        var place = numbers.count - 1
        while place > 0, numbers[place] < numbers[(place - 1) / 2] {
            numbers.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    mutating func removeFirst() {
        let last = numbers.removeLast()
        if !numbers.isEmpty { replaceFirst(last) }
    }

    mutating func replaceFirst(_ number: Int) {
        let count = numbers.count
        var place = 0
        while true {
            var child = 2 * place + 1
            if child >= count { break }
            if child + 1 < count, numbers[child + 1] < numbers[child] { child += 1 }
            if numbers[child] >= number { break }
            numbers[place] = numbers[child]
            place = child
        }
        numbers[place] = number
    }
}
