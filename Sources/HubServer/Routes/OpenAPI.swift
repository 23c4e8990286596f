internal import EventCore
internal import HTTPTypes
internal import SyncCore

/// The OpenAPI 3.1 document, made from the table that is served.
enum OpenAPI {
    static func document(of routes: [Route]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("openapi")
        writer.string("3.1.0")
        writer.key("info")
        writer.text([("title", "Syncline hub"), ("version", "1"), ("summary", "Passes events on between a workspace's devices")])
        writer.key("components")
        writeComponents(&writer)
        writer.key("paths")
        writer.beginObject()
        var paths: [String] = []
        for route in routes where !paths.contains(route.path) { paths.append(route.path) }
        for path in paths {
            writer.key(path.utf8)
            writer.beginObject()
            for route in routes where route.path == path { write(route, &writer) }
            writer.endObject()
        }
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }

    private static func write(_ route: Route, _ writer: inout JSONWriter) {
        writer.key(route.method.rawValue.lowercased().utf8)
        writer.beginObject()
        writer.key("summary")
        writer.string(route.summary)
        if route.access == .device {
            writer.key("security")
            writer.beginArray()
            writer.beginObject()
            writer.key("token")
            writer.beginArray()
            writer.endArray()
            writer.endObject()
            writer.endArray()
        }
        if !route.parameters.isEmpty {
            writer.key("parameters")
            writer.beginArray()
            for parameter in route.parameters { write(parameter, isInPath: route.path.contains("{\(parameter.name)}"), &writer) }
            writer.endArray()
        }
        if !route.takes.isEmpty {
            writer.key("requestBody")
            writer.beginObject()
            writeContent(route.takes, schema: nil, &writer)
            writer.endObject()
        }
        if !route.messages.isEmpty {
            // OpenAPI has no word for messages.
            writer.key("x-messages")
            writer.beginArray()
            for message in route.messages { writer.string(message) }
            writer.endArray()
        }
        writer.key("responses")
        writer.beginObject()
        writer.key("\(route.status)".utf8)
        writer.beginObject()
        writer.key("description")
        writer.string(route.summary)
        if !route.gives.isEmpty { writeContent(route.gives, schema: route.schema, &writer) }
        writer.endObject()
        writer.key("default")
        writer.beginObject()
        writer.key("$ref")
        writer.string("#/components/responses/problem")
        writer.endObject()
        writer.endObject()
        writer.endObject()
    }

    private static func write(_ parameter: Route.Parameter, isInPath: Bool, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("name")
        writer.string(parameter.name)
        writer.key("in")
        writer.string(isInPath ? "path" : "query")
        writer.key("required")
        writer.boolean(isInPath)
        writer.key("description")
        writer.string(parameter.summary)
        writer.key("schema")
        writer.text([("type", parameter.type)])
        writer.endObject()
    }

    private static func writeContent(_ types: [String], schema: String?, _ writer: inout JSONWriter) {
        writer.key("content")
        writer.beginObject()
        for type in types {
            writer.key(type.utf8)
            writer.beginObject()
            if let schema, type == Answer.json {
                writer.key("schema")
                writer.text([("$ref", "#/components/schemas/\(schema)")])
            }
            writer.endObject()
        }
        writer.endObject()
    }

    private static func writeComponents(_ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("securitySchemes")
        writer.beginObject()
        writer.key("token")
        writer.text([("type", "http"), ("scheme", "bearer")])
        writer.endObject()
        writer.key("responses")
        writer.beginObject()
        writer.key("problem")
        writer.beginObject()
        writer.key("description")
        writer.string("What was wrong (RFC 9457), with a stable code")
        writeContent(["application/problem+json"], schema: nil, &writer)
        writer.endObject()
        writer.endObject()
        writer.key("schemas")
        writer.beginObject()
        writeStatus(&writer)
        writeLimits(&writer)
        writer.endObject()
        writer.endObject()
    }

    /// What matters of the status to whoever reads this document before anything else: how much the hub takes.
    private static func writeStatus(_ writer: inout JSONWriter) {
        writer.key("status")
        writer.beginObject()
        writer.key("type")
        writer.string("object")
        writer.key("properties")
        writer.beginObject()
        writer.key("logBytes")
        writer.text([("type", "integer")])
        writer.key("limits")
        writer.text([("$ref", "#/components/schemas/limits")])
        writer.endObject()
        writer.endObject()
    }

    private static func writeLimits(_ writer: inout JSONWriter) {
        writer.key("limits")
        writer.beginObject()
        writer.key("type")
        writer.string("object")
        writer.key("required")
        writer.beginArray()
        for name in SyncLimits.numberNames + SyncLimits.perhapsNumberNames + SyncLimits.listNames { writer.string(name) }
        writer.endArray()
        writer.key("properties")
        writer.beginObject()
        for name in SyncLimits.numberNames {
            writer.key(name.utf8)
            writer.text([("type", "integer")])
        }
        for name in SyncLimits.perhapsNumberNames {
            writer.key(name.utf8)
            writer.beginObject()
            writer.key("type")
            writer.beginArray()
            writer.string("integer")
            writer.string("null")
            writer.endArray()
            writer.endObject()
        }
        for name in SyncLimits.listNames {
            writer.key(name.utf8)
            writer.beginObject()
            writer.key("type")
            writer.string("array")
            writer.key("items")
            writer.text([("type", "integer")])
            writer.endObject()
        }
        writer.endObject()
        writer.endObject()
    }
}

extension JSONWriter {
    /// An object of strings.
    fileprivate mutating func text(_ members: [(String, String)]) {
        beginObject()
        for (name, value) in members {
            key(name.utf8)
            string(value)
        }
        endObject()
    }
}
