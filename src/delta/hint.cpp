#include "delta/internal/hint.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "delta/internal/json_writer.h"

namespace tarn::delta {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;  // Path and value, both canonical.

std::string Quoted(std::string_view text) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string out = "\"";
    for (unsigned char c : text) {
        bool plain = (c < 0x80 && std::isalnum(c)) || c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) out += static_cast<char>(c);
        else (out += '%', out += kHex[c >> 4], out += kHex[c & 15]);
    }
    return out + "\"";
}

void Flatten(simdjson::dom::element value, const std::string &path, Pairs &out) {
    auto below = [&](const std::string &name) { return path.empty() ? name : path + "+" + name; };
    if (value.is_object()) {
        for (auto [key, child] : simdjson::dom::object(value)) {
            if (path.empty() && key == "checksum") continue;
            Flatten(child, below(Quoted(key)), out);
        }
    } else if (value.is_array()) {
        size_t index = 0;
        for (simdjson::dom::element child : simdjson::dom::array(value)) Flatten(child, below(std::to_string(index++)), out);
    } else if (value.is_string()) {
        out.emplace_back(path, Quoted(std::string_view(value)));
    } else {
        out.emplace_back(path, simdjson::minify(value));
    }
}

uint32_t Round(const uint8_t *block, std::array<uint32_t, 4> &state) {
    static constexpr int kTurns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    auto [a, b, c, d] = state;
    for (int i = 0; i < 64; i++) {
        uint32_t mix = 0;
        int word = 0;
        switch (i / 16) {
            case 0: mix = (b & c) | (~b & d), word = i; break;
            case 1: mix = (d & b) | (~d & c), word = (5 * i + 1) % 16; break;
            case 2: mix = b ^ c ^ d, word = (3 * i + 5) % 16; break;
            default: mix = c ^ (b | ~d), word = 7 * i % 16; break;
        }
        uint32_t text = 0;
        for (int byte = 3; byte >= 0; byte--) text = text << 8 | block[word * 4 + byte];
        uint32_t constant = static_cast<uint32_t>(std::floor(std::abs(std::sin(i + 1.0)) * 4294967296.0));
        uint32_t turned = std::rotl(a + mix + constant + text, kTurns[i / 16][i % 4]);
        a = d, d = c, c = b, b += turned;
    }
    state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d};
    return state[0];
}

}  // namespace

std::string Md5Hex(std::string_view bytes) {
    std::string padded(bytes);
    padded += static_cast<char>(0x80);
    padded.resize((padded.size() + 8 + 63) / 64 * 64, '\0');
    uint64_t bits = static_cast<uint64_t>(bytes.size()) * 8;
    for (int i = 0; i < 8; i++) padded[padded.size() - 8 + static_cast<size_t>(i)] = static_cast<char>(bits >> (8 * i));
    std::array<uint32_t, 4> state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    for (size_t at = 0; at < padded.size(); at += 64) Round(reinterpret_cast<const uint8_t *>(padded.data()) + at, state);
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out;
    for (uint32_t word : state) {
        for (int i = 0; i < 4; i++, word >>= 8) (out += kHex[word >> 4 & 15], out += kHex[word & 15]);
    }
    return out;
}

std::optional<std::string> CanonicalJson(std::string_view json) {
    simdjson::dom::parser parser;
    simdjson::padded_string text(json);
    simdjson::dom::element root;
    if (parser.parse(text).get(root) != simdjson::SUCCESS || !root.is_object()) return std::nullopt;
    Pairs pairs;
    Flatten(root, "", pairs);
    std::ranges::sort(pairs);
    std::string out;
    for (const auto &[path, value] : pairs) out += (out.empty() ? "" : ",") + path + "=" + value;
    return out;
}

std::string HintText(const CheckpointHint &hint) {
    auto text = [&](const std::string &checksum) {
        std::string out;
        JsonWriter json(out);
        json.BeginObject().Field("version", hint.version).Field("size", hint.actions);
        json.Field("sizeInBytes", hint.bytes).Field("numOfAddFiles", hint.add_files);
        if (!checksum.empty()) json.Field("checksum", checksum);
        json.EndObject();
        return out;
    };
    return text(Md5Hex(*CanonicalJson(text(""))));
}

std::optional<HintedFiles> ParseHint(std::string_view text) {
    simdjson::dom::parser parser;
    simdjson::padded_string padded(text);
    simdjson::dom::element root;
    HintedFiles files;
    if (parser.parse(padded).get(root) != simdjson::SUCCESS || root["version"].get(files.version) != simdjson::SUCCESS) return std::nullopt;
    std::string_view checksum;
    if (root["checksum"].get(checksum) == simdjson::SUCCESS) {
        std::optional<std::string> canonical = CanonicalJson(text);
        if (!canonical || Md5Hex(*canonical) != checksum) return std::nullopt;
    }
    if (files.version < 0) return std::nullopt;
    if (root["parts"].get(files.parts) != simdjson::SUCCESS) files.parts = 0;
    std::string_view v2_name;
    if (root["v2Checkpoint"]["path"].get(v2_name) == simdjson::SUCCESS) files.v2_name = v2_name;
    return files;
}

}  // namespace tarn::delta
