// SPDX-License-Identifier: Apache-2.0
package dev.weir.test.ground;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Flink's REST interface, as far as the tests need it. */
public final class FlinkRest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String BOUNDARY = "weir-jar-upload";
    private static final Duration REQUEST_LIMIT = Duration.ofSeconds(30);

    private final HttpClient client = HttpClient.newHttpClient();
    private final int port;
    private final String base;

    public FlinkRest(int port) {
        this.port = port;
        this.base = "http://127.0.0.1:" + port;
    }

    public int port() {
        return port;
    }

    public List<String> taskManagers() {
        return get("/taskmanagers").path("taskmanagers").findValuesAsText("id");
    }

    /** Uploads the jar, runs its main class, returns the job id. */
    public String submit(Path jar, String... arguments) {
        String path = post("/jars/upload", "multipart/form-data; boundary=" + BOUNDARY, multipart(jar))
                .path("filename").asText();
        String id = path.substring(path.lastIndexOf('/') + 1);
        byte[] body = json(Map.of("programArgsList", List.of(arguments)));
        JsonNode answer = post("/jars/" + id + "/run", "application/json", body);
        if (!answer.has("jobid")) {
            throw new AssertionError(jar.getFileName() + " was not run: " + answer);
        }
        return answer.path("jobid").asText();
    }

    public String state(String job) {
        return get("/jobs/" + job).path("state").asText();
    }

    /** Waits for the state; another final state fails with the job's exception. */
    public void awaitState(String job, String state, Duration limit) {
        Wait.untilTrue("job " + job + " to be " + state, limit, () -> {
            String now = state(job);
            if (!now.equals(state) && List.of("FAILED", "CANCELED", "FINISHED").contains(now)) {
                throw new AssertionError("job is " + now + ": " + get("/jobs/" + job + "/exceptions"));
            }
            return now.equals(state);
        });
    }

    public void cancel(String job) {
        send(HttpRequest.newBuilder(uri("/jobs/" + job)).method("PATCH", BodyPublishers.noBody()));
        awaitState(job, "CANCELED", Wait.MINUTE);
    }

    /** A metric of a TaskManager; empty until Flink's metric fetcher has it. */
    public Optional<Long> metric(String taskManager, String name) {
        JsonNode answer = get("/taskmanagers/" + taskManager + "/metrics?get=" + name);
        return answer.isArray() && answer.size() == 1
                ? Optional.of(answer.get(0).path("value").asLong()) : Optional.empty();
    }

    /** True as soon as the server answers. */
    public boolean isUp() {
        try {
            HttpResponse<String> response = client.send(request(HttpRequest.newBuilder(uri("/overview"))),
                    BodyHandlers.ofString());
            return response.statusCode() == 200;
        } catch (ConnectException e) {
            return false;
        } catch (IOException e) {
            return false; // accepted and closed while starting
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    public JsonNode get(String path) {
        return send(HttpRequest.newBuilder(uri(path)).GET());
    }

    private JsonNode post(String path, String type, byte[] body) {
        return send(HttpRequest.newBuilder(uri(path)).header("Content-Type", type)
                .POST(BodyPublishers.ofByteArray(body)));
    }

    private JsonNode send(HttpRequest.Builder builder) {
        HttpRequest request = request(builder);
        try {
            HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
            if (response.statusCode() / 100 != 2) {
                throw new AssertionError(request.uri() + ": " + response.statusCode() + " " + response.body());
            }
            return MAPPER.readTree(response.body());
        } catch (IOException e) {
            throw new AssertionError(request.uri() + ": " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private static HttpRequest request(HttpRequest.Builder builder) {
        return builder.timeout(REQUEST_LIMIT).build();
    }

    private URI uri(String path) {
        return URI.create(base + path);
    }

    private static byte[] json(Object value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] multipart(Path jar) {
        String head = "--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"jarfile\"; filename=\""
                + jar.getFileName() + "\"\r\nContent-Type: application/x-java-archive\r\n\r\n";
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        try {
            body.write(head.getBytes(StandardCharsets.UTF_8));
            body.write(Files.readAllBytes(jar));
            body.write(("\r\n--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return body.toByteArray();
    }
}
