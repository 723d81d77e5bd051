<?php
// Starts WordPress and makes its front page, in a process of its own; what ends that is written to descriptor 3, with the file
// at fault. No namespace, and top level on purpose: WordPress expects its globals here.

declare(strict_types=1);

$varvol_trial = new class {
    private const CONTENT = '/srv/wordpress/wp-content/';
    private const LOADED = '~^(?:(?:object-cache|db|advanced-cache)\.php|mu-plugins/[^/]+\.php)$~';
    private const FATAL = [E_ERROR, E_PARSE, E_CORE_ERROR, E_COMPILE_ERROR, E_USER_ERROR, E_RECOVERABLE_ERROR];
    /** Answers that a site gives on purpose: it leads elsewhere, asks who comes, or is closed. */
    private const MEANT = [301, 302, 303, 307, 308, 401, 403, 503];
    private bool $told = false;

    /** A fault in a file of the site's, of which the first is blamed that is loaded by its mere presence. */
    public function tell(string $message, string $file, int $line, array $trace): void
    {
        $places = [[$file, $line], ...array_map(static fn (array $call): array
            => [$call['file'] ?? '', $call['line'] ?? 0], $trace)];
        $inside = array_values(array_filter($places, static fn (array $place): bool => str_starts_with($place[0], self::CONTENT)));
        $first = array_find($inside, $this->isLoaded(...)) ?? $this->loader($inside) ?? $inside[0] ?? null;
        if ($this->told || $first === null) {
            return;
        }
        $this->told = true;
        $name = substr($first[0], strlen(self::CONTENT));
        $words = trim((string) preg_replace('/\s+/', ' ', strip_tags((string) strtok($message, "\n"))));
        file_put_contents('php://fd/3', json_encode([
            'file' => $name,
            'line' => $first[1],
            'message' => mb_strimwidth($words, 0, 300, '…'),
            'alone' => (bool) preg_match(self::LOADED, $name),
        ], JSON_INVALID_UTF8_SUBSTITUTE));
    }

    /** What WordPress was ended by without an exception: an error of PHP's own, or a file that just leaves off. */
    public function end(): void
    {
        $error = error_get_last();
        if ($error && in_array($error['type'], self::FATAL, true)) {
            $this->tell($error['message'], $error['file'], $error['line'], []);
        }
        if (!$this->isLoading() || in_array(http_response_code(), self::MEANT, true)) {
            return;
        }
        foreach (array_reverse(get_included_files()) as $file) {
            if (str_starts_with($file, self::CONTENT) && $this->isLoaded([$file, 0])) {
                $said = trim(strip_tags((string) ob_get_contents()));
                $this->tell($said === '' ? 'ends WordPress while it loads, without a word' : "ends WordPress: $said", $file, 0, []);
            }
        }
    }

    /** Who dies on purpose: of a site that is closed, or a page that is not for everybody, it is no fault. */
    public function die(string|WP_Error $message, int $status): never
    {
        if ($this->isLoading() && !in_array($status, self::MEANT, true)) {
            throw new RuntimeException($message instanceof WP_Error ? $message->get_error_message() : $message);
        }
        http_response_code(503);
        exit;
    }

    private function isLoading(): bool
    {
        return !function_exists('did_action') || did_action('init') === 0;
    }

    /** @param array{0: string, 1: int} $place */
    private function isLoaded(array $place): bool
    {
        return (bool) preg_match(self::LOADED, substr($place[0], strlen(self::CONTENT)));
    }

    /** A must-use plugin's own folder is loaded by the file of its name, or by one that names it. */
    private function loader(array $inside): ?array
    {
        foreach ($inside as [$file]) {
            if (preg_match('~^' . self::CONTENT . 'mu-plugins/([^/]+)/~', $file, $found)) {
                foreach (glob(self::CONTENT . 'mu-plugins/*.php') ?: [] as $loader) {
                    if (str_contains((string) file_get_contents($loader), $found[1])) {
                        return [$loader, 0];
                    }
                }
            }
        }
        return null;
    }
};

define('WP_DISABLE_FATAL_ERROR_HANDLER', true);
define('WP_USE_THEMES', true);
$_SERVER += ['REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/', 'SCRIPT_NAME' => '/index.php', 'PHP_SELF' => '/index.php',
    'SERVER_PROTOCOL' => 'HTTP/1.1', 'REMOTE_ADDR' => '127.0.0.1', 'QUERY_STRING' => ''];
$_SERVER['PHP_SELF'] = $_SERVER['SCRIPT_NAME'] = '/index.php';
$_SERVER['SCRIPT_FILENAME'] = '/srv/wordpress/index.php';
// WordPress takes over filters that were there before it.
$GLOBALS['wp_filter'] = ['wp_die_handler' => [10 => ['varvol' => ['accepted_args' => 1, 'function' => static fn (): Closure =>
    static fn (string|WP_Error $message, string|int $title = '', string|array|int $args = []): never
        => $varvol_trial->die($message, (int) (is_array($args) ? $args['response'] ?? 500 : ($args ?: 500)))]]]];
register_shutdown_function($varvol_trial->end(...));
ob_start();
try {
    require '/srv/wordpress/wp-blog-header.php';
} catch (Throwable $error) {
    $varvol_trial->tell($error->getMessage(), $error->getFile(), $error->getLine(), $error->getTrace());
}
