<?php

declare(strict_types=1);

namespace Varvol;

use Closure;
use UnexpectedValueException;

/**
 * Rewrites the strings inside a value that PHP's serialize() wrote, at any depth, with the lengths put right.
 * It never builds the value: unserialize() would need the site's classes and would run their code.
 */
final class Serialised
{
    private int $at = 0;

    /** @param Closure(string): string $rewrite gets the content of each string */
    private function __construct(private readonly string $text, private readonly Closure $rewrite)
    {
    }

    /** The rewritten value; null if the text isn't one serialised value (white space around it is kept). */
    public static function rewrite(string $text, Closure $rewrite): ?string
    {
        $value = trim($text);
        if (!preg_match('/^(?:[absidOCErR]:|N;)/', $value)) {
            return null;
        }
        $parser = new self($value, $rewrite);
        try {
            $written = $parser->value();
        } catch (UnexpectedValueException) {
            return null;
        }
        if ($parser->at !== strlen($value)) {
            return null;
        }
        $before = strlen($text) - strlen(ltrim($text));
        return substr($text, 0, $before) . $written . substr($text, $before + strlen($value));
    }

    private function value(): string
    {
        switch ($this->text[$this->at] ?? '') {
            case 's':
                $content = ($this->rewrite)($this->quoted('s'));
                return 's:' . strlen($content) . ":\"$content\"" . $this->expect(';');
            case 'a':
                return $this->take('a:(\d+):\{', $match) . $this->members(2 * (int) $match[1]) . $this->expect('}');
            case 'O':
                $class = $this->quoted('O');
                return 'O:' . strlen($class) . ":\"$class\"" . $this->take(':(\d+):\{', $match)
                    . $this->members(2 * (int) $match[1]) . $this->expect('}');
            case 'E':
                $case = $this->quoted('E');
                return 'E:' . strlen($case) . ":\"$case\"" . $this->expect(';');
            case 'C':
                return $this->custom();
            default:
                return $this->take('(?:N|b:[01]|i:[+-]?\d+|[rR]:\d+|d:(?:-?INF|NAN|[+-]?[\d.]+(?:E[+-]?\d+)?));', $match);
        }
    }

    private function members(int $count): string
    {
        $written = '';
        for (; $count > 0; $count--) {
            $written .= $this->value();
        }
        return $written;
    }

    /** An object that wrote itself: mostly serialised values in a row, else the class's own format. */
    private function custom(): string
    {
        $class = $this->quoted('C');
        $this->take(':(\d+):\{', $match);
        $inner = $this->bytes((int) $match[1]);
        $this->expect('}');
        $parser = new self($inner, $this->rewrite);
        $written = '';
        try {
            while ($parser->at < strlen($inner)) {
                // ArrayObject and its kin put x:, m:, commas and semicolons between the values.
                $written .= $parser->take('(?:[xm]:|[,;])*', $match);
                $written .= $parser->at < strlen($inner) ? $parser->value() : '';
            }
        } catch (UnexpectedValueException) {
            $written = ($this->rewrite)($inner);
        }
        return 'C:' . strlen($class) . ":\"$class\":" . strlen($written) . ":{{$written}}";
    }

    /** Reads TYPE:LENGTH:"content" and returns the content. */
    private function quoted(string $type): string
    {
        $this->take("$type:(\\d+):\"", $match);
        $content = $this->bytes((int) $match[1]);
        $this->expect('"');
        return $content;
    }

    private function bytes(int $length): string
    {
        if ($length > strlen($this->text) - $this->at) {
            throw new UnexpectedValueException();
        }
        $bytes = substr($this->text, $this->at, $length);
        $this->at += $length;
        return $bytes;
    }

    private function expect(string $literal): string
    {
        if ($this->bytes(strlen($literal)) !== $literal) {
            throw new UnexpectedValueException();
        }
        return $literal;
    }

    private function take(string $pattern, ?array &$match): string
    {
        if (!preg_match("/\\G$pattern/", $this->text, $match, 0, $this->at)) {
            throw new UnexpectedValueException();
        }
        $this->at += strlen($match[0]);
        return $match[0];
    }
}
