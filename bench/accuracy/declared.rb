# Every definition in the Ruby files below a folder, by Ruby's own parser, as JSON lines: [path, name, kind].
# Usage: ruby declared.rb ROOT. A module with instance methods can be mixed in and is a trait, another is a namespace.
require "json"
require "ripper"

class Definitions
  MADE = %w[Struct Class Module Data OpenStruct].freeze
  ATTRIBUTES = %w[attr_accessor attr_reader attr_writer attr cattr_accessor mattr_accessor class_attribute].freeze

  def initialize(path, tree)
    @path = path
    visit(tree, [], :program)
  end

  def say(scope, name, kind)
    puts JSON.generate([@path, (scope + [name]).join("."), kind])
  end

  def visit(node, scope, inside)
    return unless node.is_a?(Array)

    case node[0]
    when :class then type(node, scope, "class", node[3])
    when :module then type(node, scope, mixed?(node[2]) ? "trait" : "namespace", node[2])
    when :sclass then visit(node[2], scope, :class)
    when :def then method(node[1], scope, inside, node)
    when :defs then singleton(node, scope, inside)
    when :alias then say(scope, name_of(node[1]), inside == :class ? "method" : "function")
    when :command then command(node, scope, inside)
    when :assign, :opassign then assign(node, scope, inside)
    else node.each { |each| visit(each, scope, inside) }
    end
  end

  def type(node, scope, kind, body)
    path = constant(node[1])
    say(scope + path[0..-2], path[-1], kind)
    visit(body, scope + path, :class)
  end

  def constant(node)
    case node[0]
    when :const_ref, :var_ref, :top_const_ref then [node[1][1]]
    when :const_path_ref then constant(node[1]) + [node[2][1]]
    when :@const then [node[1]]
    else []
    end
  end

  def mixed?(body)
    statements = body[1]
    statements.is_a?(Array) && statements.any? { |each| each.is_a?(Array) && each[0] == :def }
  end

  def method(token, scope, inside, node)
    name = token[1]
    say(scope, name, inside == :program ? "function" : name == "initialize" ? "constructor" : "method")
    node.drop(2).each { |each| visit(each, scope + [name], inside) }
  end

  def singleton(node, scope, inside)
    name = node[3][1]
    return if inside == :program && node[1][0] != :var_ref

    owner = inside == :program ? constant(node[1]) : []
    say(scope + owner, name, "method")
    node.drop(4).each { |each| visit(each, scope + owner + [name], inside) }
  end

  def name_of(node)
    node = node[1] while node.is_a?(Array) && node[0].is_a?(Symbol) && !node[0].to_s.start_with?("@")
    node.is_a?(Array) ? node[1] : ""
  end

  def command(node, scope, inside)
    called = node[1][1]
    symbols = literal_symbols(node[2])
    if ATTRIBUTES.include?(called)
      symbols.each { |each| say(scope, each, "property") }
    elsif %w[alias_method define_method].include?(called) && symbols.any?
      say(scope, symbols[0], inside == :class ? "method" : "function")
    end
    node.drop(2).each { |each| visit(each, scope, inside) }
  end

  def literal_symbols(node)
    return [] unless node.is_a?(Array)
    return [node[1][1][1]] if node[0] == :symbol_literal && node[1].is_a?(Array) && node[1][0] == :symbol
    return [] if %i[brace_block do_block].include?(node[0])

    node.flat_map { |each| literal_symbols(each) }
  end

  def assign(node, scope, inside)
    target = node[1][0] == :var_field ? node[1][1] : nil
    if target && target[0] == :@const
      made = made(node[2])
      say(scope, target[1], made ? "class" : "constant")
      return visit(node[2], scope + (made ? [target[1]] : []), made ? :class : inside)
    end
    node.drop(2).each { |each| visit(each, scope, inside) }
  end

  def made(value)
    call = value[0] == :method_add_block ? value[1] : value
    call = call[1] if call.is_a?(Array) && call[0] == :method_add_arg
    call.is_a?(Array) && call[0] == :call && call[1][0] == :var_ref && MADE.include?(call[1][1][1]) && %w[new define].include?(call[3][1])
  end
end

root = ARGV[0]
Dir.glob("**/*.rb", base: root).sort.each do |path|
  tree = Ripper.sexp(File.read(File.join(root, path), encoding: "UTF-8"))
  next unless tree

  puts JSON.generate([path, "", "file"])
  Definitions.new(path, tree)
end
