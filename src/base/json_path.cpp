#include "base/json_path.h"

#include <charconv>

namespace tarn {
namespace {

std::string Escaped(std::string_view name) {
    std::string out;
    for (char c : name) {
        if (c == '\\' || c == '.' || c == '[' || c == '\'') out += '\\';
        out += c;
    }
    return out;
}

// Reads a name up to a byte of `ends` that no backslash takes.
std::string TakeName(std::string_view &text, std::string_view ends) {
    std::string name;
    while (!text.empty() && ends.find(text[0]) == std::string_view::npos) {
        if (text[0] == '\\' && text.size() > 1) text.remove_prefix(1);
        name += text[0];
        text.remove_prefix(1);
    }
    return name;
}

}  // namespace

std::string PathText(const std::vector<PathStep> &path) {
    std::string text;
    for (const PathStep &step : path) {
        switch (step.kind) {
            case PathStep::Kind::kAnyCase: text += "." + Escaped(step.name); break;
            case PathStep::Kind::kExact: text += "['" + Escaped(step.name) + "']"; break;
            case PathStep::Kind::kIndex: text += "[" + std::to_string(step.index) + "]"; break;
            case PathStep::Kind::kAll: text += "[*]"; break;
        }
    }
    return text;
}

std::optional<std::vector<PathStep>> ParsePathText(std::string_view text) {
    std::vector<PathStep> path;
    while (!text.empty()) {
        if (text.starts_with(".")) {
            text.remove_prefix(1);
            path.push_back({PathStep::Kind::kAnyCase, TakeName(text, ".[")});
        } else if (text.starts_with("['")) {
            text.remove_prefix(2);
            path.push_back({PathStep::Kind::kExact, TakeName(text, "'")});
            if (!text.starts_with("']")) return std::nullopt;
            text.remove_prefix(2);
        } else if (text.starts_with("[*]")) {
            text.remove_prefix(3);
            path.push_back({PathStep::Kind::kAll});
        } else if (text.starts_with("[")) {
            PathStep step{PathStep::Kind::kIndex};
            auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), step.index);
            if (error != std::errc() || end == text.data() + text.size() || *end != ']') return std::nullopt;
            text.remove_prefix(static_cast<size_t>(end - text.data()) + 1);
            path.push_back(std::move(step));
        } else {
            return std::nullopt;
        }
    }
    return path;
}

}  // namespace tarn
