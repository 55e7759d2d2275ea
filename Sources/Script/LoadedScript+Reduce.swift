// What joins the results of a script: its own `reduce` and `finish`, or those of the command line.

package import Bytes
package import Lua

/// The texts of the options, which take precedence over the script's functions.
package struct JoinTexts {
    package var reduce: ByteString?
    package var finish: ByteString?
    package var hasKeys = false

    package init() {}
}

extension LoadedScript {
    /// Decides how results are joined; nil when they are not. `finish` is from then on what makes the output of the total.
    package func planJoin(_ texts: JoinTexts) throws(ScriptError) -> JoinPlan? {
        guard texts.reduce != nil || texts.hasKeys || has(.reduce) else {
            if texts.finish != nil {
                throw .lua(LuaError(message: "--finish: nothing joins the results; write --reduce"))
            }
            if has(.finish) { unused.append(UnusedDefinition(name: "finish", reason: .notJoined)) }
            return nil
        }
        let height = stack.top
        defer { stack.top = height }
        let takesGroups: Bool
        do throws(LuaError) {
            try stack.requireModule("pmap.reducers")
            let module = stack.top
            stack.rawGet(module, field: "plan")
            if let text = texts.reduce { try pushReducer(text, module) } else { push(.reduce) }
            if let text = texts.finish {
                try stack.pushInline(text, parameters: "total", name: "--finish")
            } else {
                push(.finish)
            }
            stack.push(texts.hasKeys)
            try stack.call(arguments: 3, results: 5)
            takesGroups = texts.hasKeys && (texts.finish != nil || has(.finish))
        } catch {
            throw .lua(error.message.contains(":") ? error : LuaError(message: "\(name): \(error.message)"))
        }
        references[.finish] = stack.makeReference()
        let lift = stack.string(-1).flatMap(JoinPlan.Lift.init) ?? .nothing
        stack.pop()
        let lifting = stack.makeReference()
        let reducers = (stack.string(-1) ?? "").split(separator: ",").compactMap {
            JoinPlan.Reducer(rawValue: String($0))
        }
        stack.pop()
        return JoinPlan(
            reducers: reducers, lift: lift, join: stack.makeReference(), lifting: lifting, hasKeys: texts.hasKeys,
            takesGroups: takesGroups)
    }

    /// Stack: → the reducer that a text names, or the function of `a` and `b` that it is
    private func pushReducer(_ text: ByteString, _ module: Int32) throws(LuaError) {
        stack.rawGet(module, field: "named")
        stack.push(text)
        try stack.call(arguments: 1, results: 1)
        if stack.type(-1) != .nil { return }
        stack.pop()
        try stack.pushInline(text, parameters: "a, b", name: "--reduce")
    }
}

extension Stack {
    /// Stack: → the module
    func requireModule(_ name: String) throws(LuaError) {
        pushGlobals()
        rawGet(-1, field: "require")
        remove(-2)
        push(name)
        try call(arguments: 1, results: 1)
    }

    /// Stack: → the function with these parameters whose result is the expression, or else whose body is the text
    func pushInline(_ text: ByteString, parameters: String, name: ByteString) throws(LuaError) {
        let head = ByteString("local \(parameters) = ... ")
        do throws(LuaError) {
            try load((head + "return " + text).bytes, name: "=" + name)
        } catch let asExpression {
            do throws(LuaError) { try load((head + text).bytes, name: "=" + name) } catch { throw asExpression }
        }
    }
}
