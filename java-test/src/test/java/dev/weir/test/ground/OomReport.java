// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One `oom` event of a TaskManager, and what the agent printed about it. */
public record OomReport(JsonNode json, String text) {
    private static final int HEAD = 24; // "2026-11-21 03:07:12,481 "

    /** The process's only one so far; more than one fails the test. */
    public static OomReport only(FlinkProcess tm) {
        tm.weir().await("oom", Wait.MINUTE, e -> true);
        String printed = Wait.until("the printed report", Wait.MINUTE, () -> WeirText.aboveInfo(tm.jvm().err()).stream()
                .filter(l -> l.contains(" OutOfMemoryError")).findFirst());
        List<JsonNode> events = tm.weir().events("oom");
        if (events.size() != 1) {
            throw new AssertionError("not one oom event: " + events);
        }
        return new OomReport(events.get(0), block(tm.jvm().err(), printed));
    }

    /** A line with the indented ones below it. */
    private static String block(String stream, String head) {
        List<String> lines = stream.lines().toList();
        int from = lines.indexOf(head);
        int to = from + 1;
        while (to < lines.size() && lines.get(to).startsWith("  ")) {
            to++;
        }
        return String.join("\n", lines.subList(from, to)).substring(HEAD);
    }

    public String firstLine() {
        return text.lines().findFirst().orElseThrow();
    }

    public String string(String key) {
        return json.path(key).asText();
    }

    public long number(String key) {
        return json.path(key).asLong(-1);
    }

    /** The jobs that hold something of attempts that have ended. */
    public List<JsonNode> jobsWithEnded() {
        List<JsonNode> jobs = list("jobs");
        jobs.removeIf(j -> j.path("ended").asLong() == 0);
        return jobs;
    }

    /** The sums of one job. */
    public JsonNode job(String id) {
        return list("jobs").stream().filter(j -> j.path("job_id").asText().equals(id)).findFirst()
                .orElseThrow(() -> new AssertionError("no job " + id + " in " + json));
    }

    /** Those who can be to blame, biggest first: the network pool is taken whole at start. */
    public List<JsonNode> owners() {
        List<JsonNode> owners = list("owners");
        owners.removeIf(o -> o.path("component").asText().equals("network"));
        return owners;
    }

    public List<String> frames() {
        return list("java_stack").stream().map(JsonNode::asText).toList();
    }

    /** Sizes of Flink's options in each way out; a way begins with the entry that tells what it changes. */
    public List<Map<String, String>> ways() {
        List<Map<String, String>> ways = new ArrayList<>();
        for (JsonNode diagnosis : list("diagnosis")) {
            if (diagnosis.path("id").asText().equals("managed-unused")) {
                continue; // gives memory back, makes none of it direct
            }
            for (JsonNode advice : diagnosis.path("advice")) {
                if (advice.has("changes")) {
                    ways.add(new LinkedHashMap<>());
                }
                advice.fields().forEachRemaining(e -> {
                    if (e.getKey().startsWith("taskmanager.")) {
                        ways.get(ways.size() - 1).put(e.getKey(), e.getValue().asText());
                    }
                });
            }
        }
        return ways;
    }

    /** Each way must derive on top of the configuration in force, and leave room for so many more bytes. */
    public void checkAdvice(FlinkHome home, FlinkProcess tm, long more) {
        if (ways().size() < 2) {
            throw new AssertionError("no advice in two forms: " + ways());
        }
        long now = derive(home, tm, Map.of());
        for (Map<String, String> way : ways()) {
            long then = derive(home, tm, way);
            if (then < now + more) {
                throw new AssertionError(way + " makes MaxDirectMemorySize " + then + ", it was " + now);
            }
        }
    }

    /** MaxDirectMemorySize with these options on top. */
    private static long derive(FlinkHome home, FlinkProcess tm, Map<String, String> options) {
        List<String> command = new ArrayList<>(List.of(Ground.tool().toString(), "derive", "--flink", home.version(),
                "--conf", tm.dir().resolve("conf").toString(), "--json"));
        options.forEach((key, value) -> command.addAll(List.of("-D", key + "=" + value)));
        Tool.Result result = Tool.run(command, Map.of());
        if (result.exitCode() != 0) {
            throw new AssertionError(options + " does not derive: " + result.out() + result.err());
        }
        return WeirJson.parse(result.out()).path("jvm").path("MaxDirectMemorySize").asLong();
    }

    private List<JsonNode> list(String key) {
        List<JsonNode> list = new ArrayList<>();
        json.path(key).forEach(list::add);
        return list;
    }
}
