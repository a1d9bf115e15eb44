#include "extjson/path.h"

#include <simdjson.h>

#include <algorithm>
#include <span>

#include "base/data_type.h"

namespace tarn::extjson {
namespace {

using Kind = PathStep::Kind;
using Found = std::vector<std::optional<simdjson::dom::element>>;

bool IsMember(const PathStep &step, std::string_view key) {
    return step.kind == Kind::kExact ? key == step.name : EqualsIgnoreCase(key, step.name);
}

// Appends what `path` leads to below `value`; nullopt for what is missing within kAll. False: nothing is there.
// Recursion is as deep as the path, which a statement's text bounds.
bool Find(simdjson::dom::element value, std::span<const PathStep> path, Found &found) {
    if (path.empty()) {
        found.emplace_back(value);
        return true;
    }
    const PathStep &step = path[0];
    if (step.kind == Kind::kIndex || step.kind == Kind::kAll) {
        simdjson::dom::array array;
        if (value.get(array) != simdjson::SUCCESS) return false;
        if (step.kind == Kind::kIndex) {
            simdjson::dom::element element;
            return array.at(step.index).get(element) == simdjson::SUCCESS && Find(element, path.subspan(1), found);
        }
        for (simdjson::dom::element element : array) {
            if (!Find(element, path.subspan(1), found)) found.emplace_back();
        }
        return true;
    }
    simdjson::dom::object object;
    if (value.get(object) != simdjson::SUCCESS) return false;
    for (auto [key, member] : object) {
        if (IsMember(step, key)) return Find(member, path.subspan(1), found);
    }
    return false;
}

}  // namespace

std::optional<std::string> ExtractPath(std::string_view json, const std::vector<PathStep> &path) {
    thread_local simdjson::dom::parser parser;
    simdjson::dom::element root;
    Found found;
    if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS || !Find(root, path, found)) return std::nullopt;
    if (std::ranges::none_of(path, [](const PathStep &step) { return step.kind == Kind::kAll; })) {
        std::string_view text;
        if (found[0]->is_null()) return std::nullopt;
        return found[0]->get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::minify(*found[0]);
    }
    std::string out = "[";
    for (const auto &element : found) {
        if (out.size() > 1) out += ',';
        out += element ? simdjson::minify(*element) : "null";
    }
    return out + "]";
}

}  // namespace tarn::extjson
